#include <fmt/format.h>

#include "thrum/core/error.h"
#include "thrum/core/names.h"
#include "thrum/core/printable.h"
#include "thrum/core/trimmed.h"
#include "thrum/data/prepare/pipeline.h"
#include "thrum/data/prepare/step_rules_internal.h"

namespace thrum {
namespace {

constexpr std::string_view blanks = " \t\n";

/// Non-empty parts without the spaces around them.
std::vector<std::string_view> parts_of(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = text.find(separator);
    if (const auto part = trimmed(text.substr(0, end), blanks); !part.empty()) parts.push_back(part);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return parts;
}

[[noreturn]] void refuse(const std::string& what, const std::string& hint = "") {
  throw Error(ErrorCode::invalid_argument, "[prepare] " + what, hint);
}

FeatureType parse_type(const PrepareStep& step, std::string_view text) {
  if (text == "number") return FeatureType::number;
  if (text == "category") return FeatureType::category;
  const std::string types[] = {"number", "category"};
  refuse(fmt::format("{}: [type] expected one of: number, category, got {}", step.name, in_quotes(text)),
         nearest_hint(text, types));
}

/// What every step has, beside its options.
bool set_choice(PrepareStep& step, std::string_view name, std::string_view value) {
  if (name == "columns") {
    step.columns = value;
  } else if (name == "type") {
    step.type = parse_type(step, value);
  } else {
    return false;
  }
  return true;
}

std::string nearest_choice(std::string_view name) {
  const std::string choices[] = {"columns", "type"};
  return nearest_hint(name, choices);
}

void set_option(PrepareStep& step, std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) refuse(fmt::format("{}: expected name=value, got \"{}\"", step.name, text));
  const std::string_view name = trimmed(text.substr(0, equals), blanks),
                         value = trimmed(text.substr(equals + 1), blanks);
  if (set_choice(step, name, value)) return;
  try {
    step.options.set(name, value);
  } catch (const Error& error) {  // several steps may have an option of this name
    const std::string_view message = error.what();
    const std::size_t hint_size = error.hint().empty() ? 0 : error.hint().size() + std::string_view("; ").size();
    refuse(fmt::format("{}: {}", step.name, message.substr(0, message.size() - hint_size)),
           error.hint().empty() ? nearest_choice(name) : error.hint());
  }
}

PrepareStep parse_step(std::string_view text) {
  const auto open = text.find('(');
  const std::string name(trimmed(text.substr(0, open), blanks));
  const prepare::StepRule& rule = prepare::find_rule(name);
  PrepareStep step{.name = name, .options = rule.default_options};
  if (open == std::string_view::npos) return step;
  if (text.back() != ')') refuse(fmt::format("{}: expected a closing parenthesis at the end of \"{}\"", name, text));
  for (const std::string_view option : parts_of(text.substr(open + 1, text.size() - open - 2), ',')) {
    set_option(step, option);
  }
  return step;
}

}  // namespace

namespace prepare {

std::span<const StepRule> step_rules() {
  static const std::vector<StepRule> rules = [] {
    std::vector<StepRule> all = {impute_step()};
    for (auto&& group : {number_steps(), category_steps(), joint_steps(), selection_steps()}) {
      all.insert(all.end(), group.begin(), group.end());
    }
    return all;
  }();
  return rules;
}

const StepRule& find_rule(std::string_view name) {
  std::vector<std::string> names;
  for (const StepRule& rule : step_rules()) {
    if (rule.name == name) return rule;
    names.emplace_back(rule.name);
  }
  throw Error(ErrorCode::invalid_argument, fmt::format("[prepare] expected the name of a step, got \"{}\"", name),
              nearest_hint(name, names));
}

}  // namespace prepare

std::vector<PrepareStep> parse_steps(std::string_view text) {
  std::vector<PrepareStep> steps;
  for (const std::string_view part : parts_of(text, ';')) steps.push_back(parse_step(part));
  return steps;
}

std::span<const StepKind> step_kinds() {
  static const std::vector<StepKind> kinds = [] {
    std::vector<StepKind> all;
    for (const prepare::StepRule& rule : prepare::step_rules()) {
      all.push_back({rule.name, rule.summary, rule.which, rule.default_options});
    }
    return all;
  }();
  return kinds;
}

}  // namespace thrum
