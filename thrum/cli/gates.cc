#include "thrum/cli/gates.h"

#include <fmt/format.h>

#include <charconv>

#include "thrum/cli/exit_code.h"
#include "thrum/core/names.h"

namespace thrum::cli {
namespace {

const metrics::Score& find_score(const Gate& gate, const std::vector<metrics::Score>& scores) {
  std::vector<std::string> names;
  for (const metrics::Score& score : scores) {
    if (score.name == gate.score) return score;
    names.push_back(score.name);
  }
  const std::string nearest = nearest_hint(gate.score, names);
  throw usage_error(fmt::format("{}: there is no score \"{}\"", gate.is_minimum ? "--min" : "--max", gate.score),
                    nearest.empty() ? fmt::format("one of: {}", fmt::join(names, ", ")) : nearest);
}

}  // namespace

Gate parse_gate(const std::string& text, bool is_minimum) {
  const std::size_t equals = text.find('=');
  Gate gate{text.substr(0, equals), 0, is_minimum};
  const char* begin = equals == std::string::npos ? text.c_str() : text.c_str() + equals + 1;
  const char* end = text.c_str() + text.size();
  const auto parsed = std::from_chars(begin, end, gate.bound);
  if (equals != std::string::npos && parsed.ec == std::errc() && parsed.ptr == end && gate.bound == gate.bound) {
    return gate;
  }
  throw usage_error(
      fmt::format("{}: expected SCORE=NUMBER such as roc_auc=0.9, got \"{}\"", is_minimum ? "--min" : "--max", text));
}

void check_names(const std::vector<Gate>& gates, const std::vector<metrics::Score>& scores) {
  for (const Gate& gate : gates) find_score(gate, scores);
}

void check_gates(const std::vector<Gate>& gates, const std::vector<metrics::Score>& scores) {
  std::vector<std::string> missed;
  for (const Gate& gate : gates) {
    const double value = find_score(gate, scores).value;
    const bool met = gate.is_minimum ? value >= gate.bound : value <= gate.bound;
    if (met) continue;
    missed.push_back(fmt::format("{} is {:.6g}, but {} {:.6g} was asked for", gate.score, value,
                                 gate.is_minimum ? "at least" : "at most", gate.bound));
  }
  if (missed.empty()) return;
  throw Failure(ExitCode::gate, ErrorCode::invalid_argument, fmt::format("{}", fmt::join(missed, "; ")));
}

}  // namespace thrum::cli
