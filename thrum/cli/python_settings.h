#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace thrum::cli {

/// A gunicorn.conf.py as TOML, each character at its place: True and False become true and false, and a setting that is
/// None becomes a comment, and so does one that is set again below. What else TOML cannot read stays.
std::string toml_of_python(std::string text);

/// The line `number`, from 1, without blanks around it.
std::string_view line_of(std::string_view text, std::size_t number);

}  // namespace thrum::cli
