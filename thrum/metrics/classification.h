#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "thrum/core/view.h"

/// Scores of classifications. `y` and `predicted` are class indices, one per row; `probabilities` are
/// (n_rows, n_classes), row-major, in [0, 1]; `weights` are one finite number >= 0 per row, or empty for ones.
///
/// All functions are equal to scikit-learn's of the same name within 1e-12, are thread-safe, and throw invalid_argument
/// for no rows, unequal lengths, classes out of range, probabilities that are none, and bad or all-zero weights.
namespace thrum::metrics {

/// How scores of single classes become one.
enum class Average {
  binary,    ///< class 1 alone; REQUIRES two classes (else invalid_argument)
  macro,     ///< the mean over the classes that occur in `y` or `predicted`
  micro,     ///< from the counts of all classes together
  weighted,  ///< the mean over the classes by their weight in `y`
};

/// counts(i, j) is the weight of the rows of class i that were predicted to be class j.
class ConfusionMatrix {
 public:
  ConfusionMatrix(std::span<const std::size_t> y, std::span<const std::size_t> predicted, std::size_t n_classes,
                  std::span<const double> weights = {});

  std::size_t n_classes() const noexcept { return n_classes_; }
  double operator()(std::size_t actual, std::size_t predicted) const {
    return counts_[actual * n_classes_ + predicted];
  }

  double accuracy() const;
  /// Scores with a zero denominator are 0, as with scikit-learn's zero_division.
  double precision(Average average) const;
  double recall(Average average) const;
  double f1(Average average) const;

 private:
  struct ClassCounts {
    double hits = 0;       ///< of this class and predicted so
    double predicted = 0;  ///< predicted to be of this class
    double actual = 0;     ///< of this class
  };
  ClassCounts class_counts(std::size_t k) const;
  ClassCounts all_counts() const;
  template <class Score>
  double average(Average average, Score score) const;

  std::size_t n_classes_;
  std::vector<double> counts_;
  std::vector<bool> occurs_;
};

/// The weighted share of rows whose prediction is right.
double accuracy(std::span<const std::size_t> y, std::span<const std::size_t> predicted,
                std::span<const double> weights = {});

/// The mean of -log p(y), with p clipped to [2^-52, 1 - 2^-52].
double log_loss(std::span<const std::size_t> y, MatrixView<const double> probabilities,
                std::span<const double> weights = {});

/// The mean of the squared distance between the probabilities and the truth; half of it for two classes, which is
/// (p(1) - y)^2 (Brier 1950).
double brier(std::span<const std::size_t> y, MatrixView<const double> probabilities,
             std::span<const double> weights = {});

}  // namespace thrum::metrics
