#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "thrum/learn/tree/forest/forest_rows_internal.h"

namespace thrum::forest {

/// Sum of c^2 / W over the classes' weights c of W rows: the more, the purer (Gini).
struct GiniTerm {
  static double of(double c) noexcept { return c * c; }
  static double purity(double sum, double weight) noexcept { return sum / weight; }
};
/// Sum of c log2 c - W log2 W (entropy in bits).
struct EntropyTerm {
  static double of(double c) noexcept { return c > 0 ? c * std::log2(c) : 0; }
  static double purity(double sum, double weight) noexcept { return sum - of(weight); }
};

/// An impurity of any number of classes (see criteria_internal.h for the concept). When a row goes left, two terms of a
/// sum change, so a division costs the same for any number of classes.
template <class Term>
class ClassImpurity {
 public:
  explicit ClassImpurity(const ForestRows& data) : data_(data), class_weights_(data.n_classes) {}

  void begin(std::span<const SampleRow> rows);
  std::uint32_t payload(std::size_t i) const noexcept { return static_cast<std::uint32_t>(i); }
  bool is_pure() const noexcept { return class_weights_[labels_.front()] == weight_; }
  double weight() const noexcept { return weight_; }
  double loss() const noexcept { return (Term::purity(Term::of(weight_), weight_) - purity()) * data_.weight_unit; }
  double decrease(double score) const noexcept { return (score - purity()) * data_.weight_unit; }
  bool is_most(double) const noexcept { return false; }
  /// Categories are ordered by how much of them belongs to the node's largest class.
  std::pair<double, double> order(std::uint32_t payload) const noexcept {
    return {weights_[payload], labels_[payload] == largest_class_ ? weights_[payload] : 0};
  }
  void write_value(std::span<double> value) const {
    const std::size_t first = class_weights_.size() - value.size();
    for (std::size_t k = 0; k < value.size(); ++k) value[k] = class_weights_[first + k] / weight_;
  }

  class Left {
   public:
    explicit Left(const ClassImpurity& node)
        : node_(node), left_(node.class_weights_.size()), right_(node.class_weights_), right_sum_(node.sum_) {}
    void add(std::uint32_t payload) noexcept {
      const double w = node_.weights_[payload];
      double& left = left_[node_.labels_[payload]];
      double& right = right_[node_.labels_[payload]];
      left_sum_ += Term::of(left + w) - Term::of(left);
      right_sum_ += Term::of(right - w) - Term::of(right);
      left += w;
      right -= w;
      weight_ += w;
    }
    void add_if(bool goes_left, std::uint32_t payload) noexcept {
      if (goes_left) add(payload);
    }
    double weight() const noexcept { return weight_; }
    double score() const noexcept {
      return Term::purity(left_sum_, weight_) + Term::purity(right_sum_, node_.weight_ - weight_);
    }

   private:
    const ClassImpurity& node_;
    std::vector<double> left_;
    std::vector<double> right_;
    double left_sum_ = 0;
    double right_sum_ = 0;
    double weight_ = 0;
  };

 private:
  double purity() const noexcept { return Term::purity(sum_, weight_); }

  const ForestRows& data_;
  std::vector<double> class_weights_;
  std::vector<double> weights_;
  std::vector<std::uint16_t> labels_;
  std::uint16_t largest_class_ = 0;
  double sum_ = 0;
  double weight_ = 0;
};

template <class Term>
void ClassImpurity<Term>::begin(std::span<const SampleRow> rows) {
  weights_.resize(rows.size());
  labels_.resize(rows.size());
  std::fill(class_weights_.begin(), class_weights_.end(), 0.0);
  weight_ = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    labels_[i] = rows[i].label;
    weights_[i] = rows[i].count * data_.weight(rows[i].row);
    class_weights_[labels_[i]] += weights_[i];
    weight_ += weights_[i];
  }
  sum_ = 0;
  for (const double c : class_weights_) sum_ += Term::of(c);
  largest_class_ = static_cast<std::uint16_t>(std::max_element(class_weights_.begin(), class_weights_.end()) -
                                              class_weights_.begin());
}

}  // namespace thrum::forest
