#pragma once

#include <string>
#include <vector>

#include "thrum/metrics/evaluation.h"

namespace thrum::cli {

/// A score that must be reached, such as roc_auc=0.9.
struct Gate {
  std::string score;
  double bound = 0;
  bool is_minimum = true;
};

/// `text`: "roc_auc=0.9". Throws Failure (usage).
Gate parse_gate(const std::string& text, bool is_minimum);

/// Throws Failure: (usage) for a score that is not among `scores`, (gate) naming every gate that is not met. A score
/// that is not defined meets none.
void check_gates(const std::vector<Gate>& gates, const std::vector<metrics::Score>& scores);

}  // namespace thrum::cli
