#include <fmt/format.h>

#include <functional>
#include <memory>

#include "thrum/cli/commands.h"

namespace thrum::cli {
namespace {

struct CompletionArguments {
  std::string shell = {};
};

void visit(const CommandPath& path, const std::function<void(const CommandPath&)>& visitor) {
  visitor(path);
  for (const Command& subcommand : path.back()->subcommands) {
    if (subcommand.hidden) continue;
    CommandPath deeper = path;
    deeper.push_back(&subcommand);
    visit(deeper, visitor);
  }
}

std::vector<std::string> words_after(const CommandPath& path) {
  std::vector<std::string> words;
  for (const Command& subcommand : path.back()->subcommands) {
    if (!subcommand.hidden) words.push_back(subcommand.name);
  }
  for (const Command* command : path) {
    for (const Parameter& parameter : command->parameters) {
      if (!parameter.traits.positional) words.push_back(parameter.flag());
    }
  }
  return words;
}

/// "train logistic-regression" → its words, as the branches of a shell `case`.
std::string word_cases(const Command& root) {
  std::string cases;
  visit({&root}, [&](const CommandPath& path) {
    cases += fmt::format("    \"{}\") words=\"{}\" ;;\n", path_text(path), fmt::join(words_after(path), " "));
  });
  return cases;
}

std::string value_cases(const Command& root) {
  std::string cases;
  visit({&root}, [&](const CommandPath& path) {
    for (const Parameter& parameter : path.back()->parameters) {
      if (parameter.choices.empty() || parameter.is_switch || parameter.traits.positional) continue;
      const std::string pattern =
          path.size() == 1 ? "*" + parameter.flag() : fmt::format("\"{} {}\"", path_text(path), parameter.flag());
      cases += fmt::format("    {}) values=\"{}\" ;;\n", pattern, fmt::join(parameter.choices, " "));
    }
  });
  return cases;
}

std::string command_names(const Command& root) {
  std::string names;
  visit({&root}, [&](const CommandPath& path) {
    if (path.size() > 1) names += (names.empty() ? "" : "|") + fmt::format("\"{}\"", path_text(path));
  });
  return names;
}

std::string bash_script(const Command& root) {
  return fmt::format(R"(# bash completion for thrum: source <(thrum completion bash)
_thrum() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" path="" longer words="" values="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    longer="${{path:+$path }}${{COMP_WORDS[i]}}"
    case "$longer" in
    {}) path="$longer" ;;
    esac
  done
  case "${{path:+$path }}$previous" in
{}  esac
  if [[ -n "$values" ]]; then
    COMPREPLY=($(compgen -W "$values" -- "$current"))
    return
  fi
  case "$path" in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _thrum thrum
)",
                     command_names(root), value_cases(root), word_cases(root));
}

std::string zsh_script(const Command& root) {
  return "#compdef thrum\n# zsh completion for thrum: source <(thrum completion zsh)\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         bash_script(root);
}

std::string quoted_for_fish(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string fish_lines(const CommandPath& path) {
  std::string condition;
  for (std::size_t i = 1; i < path.size(); ++i) {
    condition += fmt::format("{}__fish_seen_subcommand_from {}", i == 1 ? "" : "; and ", path[i]->name);
  }
  if (condition.empty()) condition = "__fish_use_subcommand";
  const std::string start = "complete -c thrum -n " + quoted_for_fish(condition);
  std::string lines;
  for (const Command& subcommand : path.back()->subcommands) {
    if (subcommand.hidden) continue;
    lines += fmt::format("{} -f -a {} -d {}\n", start, subcommand.name, quoted_for_fish(subcommand.summary));
  }
  for (const Parameter& parameter : path.back()->parameters) {
    if (parameter.traits.positional) continue;
    lines += path.size() == 1 ? "complete -c thrum" : start;
    lines += " -l " + parameter.flag().substr(2);
    if (parameter.traits.letter != '\0') lines += fmt::format(" -s {}", parameter.traits.letter);
    if (!parameter.choices.empty() && !parameter.is_switch) {
      lines += " -xa " + quoted_for_fish(fmt::format("{}", fmt::join(parameter.choices, " ")));
    } else if (!parameter.is_switch) {
      lines += " -r";
    }
    lines += " -d " + quoted_for_fish(parameter.help) + "\n";
  }
  return lines;
}

std::string fish_script(const Command& root) {
  std::string script = "# fish completion for thrum: thrum completion fish | source\n";
  visit({&root}, [&](const CommandPath& path) { script += fish_lines(path); });
  return script;
}

}  // namespace

Command completion_command() {
  auto arguments = std::make_shared<CompletionArguments>();
  Command command{.name = "completion", .summary = "Print the completion script of a shell."};
  command.examples = {{"source <(thrum completion bash)", "for this shell"},
                      {"thrum completion bash > ~/.local/share/bash-completion/completions/thrum", "for good"}};
  command.parameters = {
      parameter(option_field("shell", &CompletionArguments::shell, {"bash", "zsh", "fish"}, "the shell"),
                arguments.get(), {.value = "SHELL", .positional = true, .required = true})};
  command.run = [arguments](Session& session) {
    const std::string& shell = arguments->shell;
    print(shell == "bash"  ? bash_script(session.root)
          : shell == "zsh" ? zsh_script(session.root)
                           : fish_script(session.root));
  };
  return command;
}

}  // namespace thrum::cli
