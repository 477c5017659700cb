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

/// Throws Failure (usage) for a gate whose score is not among `scores`, with the nearest one.
void check_names(const std::vector<Gate>& gates, const std::vector<metrics::Score>& scores);

/// Throws Failure (gate) naming every gate that is not met. A score that is not defined meets none. REQUIRES: the names
/// are checked.
void check_gates(const std::vector<Gate>& gates, const std::vector<metrics::Score>& scores);

}  // namespace thrum::cli
