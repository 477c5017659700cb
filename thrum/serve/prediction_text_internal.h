#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "thrum/core/view.h"
#include "thrum/data/schema.h"

namespace thrum::serving {

using Outputs = MatrixView<const double>;

/// Writes what a model predicted as JSON. Classes that all read as numbers are written as numbers. Thread-safe.
class PredictionText {
 public:
  explicit PredictionText(const Target& target);

  bool is_classification() const noexcept { return !classes_.empty(); }
  /// The classes as numbers, where all of them are whole ones of 64 bits; else empty.
  const std::vector<std::int64_t>& integer_classes() const noexcept { return integer_classes_; }
  const std::string& class_list() const noexcept { return class_list_; }
  const std::vector<std::string>& classes() const noexcept { return classes_; }  ///< each as JSON

  /// `"yes","no"`: the most probable class of each row, or its number.
  void append_predictions(std::string& json, Outputs outputs) const;
  /// `[0.2,0.8],[0.9,0.1]`: all outputs of each row.
  void append_probabilities(std::string& json, Outputs outputs) const;

 private:
  std::vector<std::string> classes_;  // empty for a regression
  std::string class_list_;
  std::vector<std::int64_t> integer_classes_;
};

}  // namespace thrum::serving
