#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "thrum/learn/tree/forest/forest_rows_internal.h"
#include "thrum/learn/tree/forest/key_scan_internal.h"
#include "thrum/learn/tree/forest/node_moments_internal.h"

namespace thrum::forest {

// What is good about a division of a node's rows. A criterion is the state of one node at a time:
//
//   begin(rows)       takes the rows of a node
//   payload(i)        what a sort key carries of row i, below 2^16 where there are at most 2^16 rows
//   is_pure()         whether all rows have the same target
//   weight(), loss()  of the node: in weight units, and impurity x weight
//   decrease(score)   by how much a division of that score lowers the loss
//   is_most(score)    whether no division is known to have a higher score
//   order(payload)    weight, and weight x what categories are ordered by the mean of
//   write_value(out)  what the node predicts as a leaf: the probabilities of the classes, of two that of the second
//
// and Criterion::Left the rows that go left: add(payload), add_if(goes_left, payload), weight(), score(), and, if that
// is faster than row by row, add_where(keys, interval): those whose keys are in the interval; returns how many.

/// Squared error, of numbers or of two classes, of which it is half the Gini impurity. With S and W the sums of moments
/// and weights, the division is better the larger S_l^2/W_l + S_r^2/W_r - S^2/W = A^2 / (W_l W_r W), A = S_l W - S W_l.
class SquaredError : public NodeMoments {
 public:
  using NodeMoments::NodeMoments;

  double loss() const noexcept;
  double decrease(double score) const noexcept { return score / weight_ * scale(); }
  void write_value(std::span<double> value) const;

  class Left : public NodeMoments::Left {
   public:
    explicit Left(const SquaredError& node) : NodeMoments::Left(node) {}
    double score() const noexcept {
      const double a = sum_ * node_.weight() - node_.sum() * weight_;
      return a * a / (weight_ * (node_.weight() - weight_));
    }
  };

 private:
  /// Units of the loss; of two classes the Gini impurity is twice the squared error.
  double scale() const noexcept {
    const double square = data_.moment_unit * (data_.moment_unit / data_.weight_unit);
    return data_.n_classes > 0 ? 2 * square : square;
  }
};

/// The Gini impurity of two classes whose rows all weigh one: the same numbers as SquaredError's, from what the keys
/// carry themselves. REQUIRES: no row is drawn more than 255 times.
class GiniOfTwo {
 public:
  explicit GiniOfTwo(const ForestRows&) {}

  void begin(std::span<const SampleRow> rows);
  /// The row's weight, and above it the weight of it that is of the second class.
  std::uint32_t payload(std::size_t i) const noexcept { return payloads_[i]; }
  bool is_pure() const noexcept { return positive_ == 0 || positive_ == total_; }
  double weight() const noexcept { return static_cast<double>(total_); }
  double loss() const noexcept;
  double decrease(double score) const noexcept { return 2 * score / weight(); }
  /// Where each class has a side of its own.
  bool is_most(double score) const noexcept {
    return score >= static_cast<double>(positive_) * static_cast<double>(total_ - positive_);
  }
  std::pair<double, double> order(std::uint32_t payload) const noexcept { return {payload & 255, payload >> 8}; }
  void write_value(std::span<double> value) const;

  class Left {
   public:
    explicit Left(const GiniOfTwo& node) : node_(node) {}
    void add(std::uint32_t payload) noexcept {
      total_ += payload & 255;
      positive_ += payload >> 8;
    }
    void add_if(bool goes_left, std::uint32_t payload) noexcept { add(payload & -std::uint32_t{goes_left}); }
    std::size_t add_where(std::span<const std::uint32_t> keys, const KeyInterval& interval) noexcept {
      const PayloadSums sums = sum_payloads(keys, node_.payloads_.data(), interval);
      total_ += sums.low;
      positive_ += sums.high;
      return sums.n;
    }
    double weight() const noexcept { return static_cast<double>(total_); }
    double score() const noexcept {
      const auto left = static_cast<double>(total_);
      const auto all = static_cast<double>(node_.total_);
      const double a = static_cast<double>(positive_) * all - static_cast<double>(node_.positive_) * left;
      return a * a / (left * (all - left));
    }

   private:
    const GiniOfTwo& node_;
    std::uint32_t total_ = 0;
    std::uint32_t positive_ = 0;
  };

 private:
  std::vector<std::uint16_t> payloads_;
  std::uint32_t total_ = 0;  ///< at most as many as there are rows in the table
  std::uint32_t positive_ = 0;
};

/// The half Poisson deviance: sum of y log(y / mean), as scikit-learn has it. Both sides need a positive mean.
class PoissonDeviance : public NodeMoments {
 public:
  using NodeMoments::NodeMoments;

  void begin(std::span<const SampleRow> rows);
  double loss() const noexcept { return loss_; }
  double decrease(double score) const noexcept { return (score - log_term(sum_, weight_)) * data_.moment_unit; }
  void write_value(std::span<double> value) const { value[0] = mean(); }

  class Left : public NodeMoments::Left {
   public:
    explicit Left(const PoissonDeviance& node) : NodeMoments::Left(node) {}
    double score() const noexcept {
      const double right = node_.sum() - sum_;
      if (!(sum_ > 0 && right > 0)) return -HUGE_VAL;
      return log_term(sum_, weight_) + log_term(right, node_.weight() - weight_);
    }
  };

 private:
  static double log_term(double sum, double weight) noexcept { return sum > 0 ? sum * std::log(sum / weight) : 0; }

  double loss_ = 0;
};

}  // namespace thrum::forest
