#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "thrum/learn/tree/forest/forest_rows_internal.h"

namespace thrum::forest {

/// The weights and moments of a node's rows, and of those that go left: what criteria of means have in common.
class NodeMoments {
 public:
  explicit NodeMoments(const ForestRows& data) : data_(data) {}

  void begin(std::span<const SampleRow> rows);
  std::uint32_t payload(std::size_t i) const noexcept { return static_cast<std::uint32_t>(i); }
  bool is_pure() const noexcept { return is_pure_; }
  double weight() const noexcept { return weight_; }
  double sum() const noexcept { return sum_; }
  bool is_most(double) const noexcept { return false; }
  std::pair<double, double> order(std::uint32_t payload) const noexcept { return {weights_[payload], sums_[payload]}; }

  class Left {
   public:
    explicit Left(const NodeMoments& node) : node_(node) {}
    void add(std::uint32_t payload) noexcept {
      weight_ += node_.weights_[payload];
      sum_ += node_.sums_[payload];
    }
    void add_if(bool goes_left, std::uint32_t payload) noexcept {
      weight_ += goes_left ? node_.weights_[payload] : 0.0;
      sum_ += goes_left ? node_.sums_[payload] : 0.0;
    }
    double weight() const noexcept { return weight_; }

   protected:
    const NodeMoments& node_;
    double weight_ = 0;
    double sum_ = 0;
  };

 protected:
  /// The weighted mean of the targets.
  double mean() const;

  const ForestRows& data_;
  std::span<const SampleRow> rows_;
  std::vector<double> weights_;  ///< of each row
  std::vector<double> sums_;     ///< of each row, its moment
  double weight_ = 0;
  double sum_ = 0;
  bool is_pure_ = false;
};

}  // namespace thrum::forest
