#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "thrum/learn/tree/forest/forest_rows_internal.h"

namespace thrum::forest {

/// Prefix sums of weights and of weight x y that change: a binary indexed tree (Fenwick 1994).
class MedianSums {
 public:
  explicit MedianSums(std::size_t n) : weights_(n + 1), sums_(n + 1) {}
  void add(std::size_t i, double weight, double y) noexcept;

  std::size_t size() const noexcept { return weights_.size() - 1; }
  double weight(std::size_t node) const noexcept { return weights_[node]; }
  double sum(std::size_t node) const noexcept { return sums_[node]; }

 private:
  std::vector<double> weights_;
  std::vector<double> sums_;
};

/// The absolute deviations from the median (see criteria_internal.h for the concept): a division costs a logarithm of
/// the number of rows.
class AbsoluteError {
 public:
  explicit AbsoluteError(const ForestRows& data) : data_(data), all_(0) {}

  void begin(std::span<const SampleRow> rows);
  std::uint32_t payload(std::size_t i) const noexcept { return static_cast<std::uint32_t>(i); }
  bool is_pure() const noexcept { return sorted_.front() == sorted_.back(); }
  double weight() const noexcept { return weight_; }
  double loss() const noexcept { return loss_ * data_.weight_unit; }
  double decrease(double score) const noexcept { return (loss_ + score) * data_.weight_unit; }
  bool is_most(double) const noexcept { return false; }
  std::pair<double, double> order(std::uint32_t payload) const noexcept;
  void write_value(std::span<double> value) const { value[0] = median_; }

  class Left {
   public:
    explicit Left(const AbsoluteError& node) : node_(node), sums_(node.sorted_.size()) {}
    void add(std::uint32_t payload) noexcept;
    void add_if(bool goes_left, std::uint32_t payload) noexcept {
      if (goes_left) add(payload);
    }
    double weight() const noexcept { return weight_; }
    double score() const noexcept;

   private:
    const AbsoluteError& node_;
    MedianSums sums_;
    double weight_ = 0;
    double sum_ = 0;
  };

 private:
  const ForestRows& data_;
  std::vector<double> sorted_;           ///< targets, ascending
  std::vector<std::uint32_t> position_;  ///< of each row in `sorted_`
  std::vector<double> weights_;          ///< of each row
  MedianSums all_;
  double weight_ = 0;
  double sum_ = 0;
  double median_ = 0;
  double loss_ = 0;
};

}  // namespace thrum::forest
