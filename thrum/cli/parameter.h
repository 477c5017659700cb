#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/core/options.h"

namespace thrum::cli {

/// What the command line adds to an option field.
struct ParameterTraits {
  char letter = '\0';                       ///< 'w': -w as well
  std::vector<std::string> aliases = {};    ///< more long names
  std::vector<std::string> variables = {};  ///< of other programs that set it too: "WEB_CONCURRENCY"
  std::string value = {};                   ///< what help calls the value: "FILE"; empty: from the type
  std::string group = "Flags";              ///< the heading in help
  bool positional = false;
  bool required = false;
  bool flag_only = false;  ///< --help: no variable and no key of thrum.toml
  bool rest = false;       ///< positional: all words after "--", whatever they look like
};

/// One flag or positional argument of a command, described once: parsing, THRUM_* variables, thrum.toml, help,
/// completion and the reference pages are made from it.
struct Parameter {
  std::string name;                  ///< "graceful_timeout": --graceful-timeout, THRUM_GRACEFUL_TIMEOUT
  std::string help;                  ///< one line, with the unit
  std::string domain;                ///< what is allowed, for people; may be empty
  std::string initial;               ///< the default as text; may be empty
  std::vector<std::string> choices;  ///< empty: any text
  bool is_switch = false;            ///< takes no value
  bool repeatable = false;
  ParameterTraits traits;
  std::function<void(std::string_view text)> set;  ///< throws invalid_argument: "[name] expected …"

  std::string flag() const;                    ///< "--graceful-timeout"
  bool is_setting() const;                     ///< whether variables and thrum.toml may set it
  std::vector<std::string> variables() const;  ///< "THRUM_GRACEFUL_TIMEOUT", and those of its aliases and traits
  bool is_called(std::string_view key) const;  ///< by its name or an alias, dashes or underscores
};

/// A parameter that sets one field of `options`, which outlives it.
Parameter parameter(const OptionField& field, void* options, ParameterTraits traits = {});

/// The words after "--", such as a command with its own flags.
Parameter rest_parameter(std::string name, std::vector<std::string>* words, std::string help, std::string value);

/// A flag that may be given several times, or once with commas.
Parameter list_parameter(std::string name, std::vector<std::string>* values, std::string help,
                         ParameterTraits traits = {});
Parameter list_parameter(std::string name, std::vector<double>* values, const Range& range, std::string help,
                         ParameterTraits traits = {});
Parameter list_parameter(std::string name, std::vector<int>* values, const Range& range, std::string help,
                         ParameterTraits traits = {});

}  // namespace thrum::cli
