#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "thrum/learn/learner.h"

namespace thrum::forest {

/// A row of the table in a tree's sample, how often it was drawn, and the index of its class (0 for a number).
struct SampleRow {
  std::uint32_t row;
  std::uint16_t count;
  std::uint16_t label;
};

/// What the trees of a fit learn from: the rows of all ranks. Vectors have one element per row of the table, but
/// `rows`.
///
/// Weights and moments are whole numbers of a unit that is a power of two, and no sample of as many rows as there are
/// adds up to more than 2^52 units: their sums are exact in any order.
struct ForestRows {
  std::vector<std::uint32_t> rows = {};  ///< with a weight above 0
  std::vector<double> y = {};            ///< the index of the class, or the number
  std::size_t n_classes = 0;             ///< 0: a regression
  std::vector<double> weights = {};      ///< in units of weight_unit; empty: all ones
  double weight_unit = 1;
  std::vector<double> moments = {};  ///< weight x (y - center), in units of moment_unit
  double moment_unit = 1;
  double total_weight = 0;  ///< of one copy of each row, in weight units

  /// Of a leaf: the number, the probability of the second of two classes, or those of all.
  std::size_t n_values() const { return n_classes > 2 ? n_classes : 1; }
  double weight(std::size_t row) const { return weights.empty() ? 1 : weights[row]; }
};

/// What each row of all ranks counts in the fit: its weight, 0 where the mask leaves it out (collective).
std::vector<double> weights_of_all_ranks(const Dataset& dataset, const FitSpec& spec, const Execution& execution);

/// Gathers the rows (collective). `class_weight` as class_weights has it. `centered`: moments about a y near the mean,
/// not about 0. Throws invalid_argument: no row with a weight above 0, bad class weights, targets beyond 1e150.
/// REQUIRES: check_rows accepts the spec.
ForestRows gather_rows(const Dataset& dataset, const FitSpec& spec, std::string_view class_weight, bool centered,
                       const Execution& execution, std::string_view where);

}  // namespace thrum::forest
