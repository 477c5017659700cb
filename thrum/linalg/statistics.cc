#include "thrum/linalg/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "thrum/comm/exact_sum.h"
#include "thrum/comm/row_blocks.h"
#include "thrum/core/mutex.h"

namespace thrum::linalg {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

template <class T>
bool has_nan(MatrixView<const T> rows, std::size_t column) {
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (std::isnan(rows(i, column))) return true;
  }
  return false;
}

/// The smallest and largest of each column, from blocks in any order.
class Extremes {
 public:
  explicit Extremes(std::size_t n) {
    const MutexLock lock(mutex_);
    low_.resize(n, inf);
    high_.resize(n, -inf);
  }

  /// `sums`: of the columns of these rows; where one is finite there is no NaN to look for.
  template <class T>
  void add(MatrixView<const T> rows, const double* sums) {
    std::vector<double> low(rows.cols(), inf), high(rows.cols(), -inf);
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      const T* row = rows.row(i).data();
      for (std::size_t j = 0; j < low.size(); ++j) {
        const auto x = static_cast<double>(row[j]);
        low[j] = x < low[j] ? x : low[j];
        high[j] = x > high[j] ? x : high[j];
      }
    }
    for (std::size_t j = 0; j < low.size(); ++j) {
      if (!std::isfinite(sums[j]) && has_nan(rows, j)) low[j] = high[j] = nan;
    }
    const MutexLock lock(mutex_);
    for (std::size_t j = 0; j < low.size(); ++j) {
      if (low[j] < low_[j] || std::isnan(low[j])) low_[j] = low[j];
      if (high[j] > high_[j] || std::isnan(high[j])) high_[j] = high[j];
    }
  }

  /// Over all ranks. Of two zeros the positive one: which came first is chance.
  void store(const Execution& execution, Statistics& result) {
    const MutexLock lock(mutex_);
    execution.communicator->allreduce(std::span(low_), ReduceOp::min);
    execution.communicator->allreduce(std::span(high_), ReduceOp::max);
    for (std::size_t j = 0; j < low_.size(); ++j) {
      result.min.push_back(low_[j] + 0.0);
      result.max.push_back(high_[j] + 0.0);
    }
  }

 private:
  Mutex mutex_;
  std::vector<double> low_ THRUM_GUARDED_BY(mutex_);
  std::vector<double> high_ THRUM_GUARDED_BY(mutex_);
};

template <class T>
void add_rows(MatrixView<const T> rows, double* sums) {
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const T* row = rows.row(i).data();
    for (std::size_t j = 0; j < rows.cols(); ++j) sums[j] += static_cast<double>(row[j]);
  }
}

/// Of every column around the mean of these rows.
template <class T>
void add_squared_distances(MatrixView<const T> rows, const double* sums, double* squares) {
  std::vector<double> mean(sums, sums + rows.cols());
  for (double& m : mean) m /= static_cast<double>(rows.rows());
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const T* row = rows.row(i).data();
    for (std::size_t j = 0; j < rows.cols(); ++j) {
      const double distance = static_cast<double>(row[j]) - mean[j];
      squares[j] += distance * distance;
    }
  }
}

template <class T>
Statistics of_columns(const Execution& execution, MatrixView<const T> A) {
  const std::size_t n = A.cols(), n_blocks = A.rows() / row_block + (A.rows() % row_block != 0);
  std::vector<double> block_sums(n_blocks * n);
  Extremes extremes(n);
  // Sums, squared distances from the means of blocks, and the number of rows.
  const auto totals = sum_row_blocks(execution, A.rows(), 2 * n + 1,
                                     [&](std::size_t begin, std::size_t end, std::span<double> partial) {
                                       const auto rows = A.row_range(begin, end);
                                       double* sums = block_sums.data() + begin / row_block * n;
                                       add_rows(rows, sums);
                                       std::copy_n(sums, n, partial.begin());
                                       add_squared_distances(rows, sums, &partial[n]);
                                       extremes.add(rows, sums);
                                       partial[2 * n] = static_cast<double>(end - begin);
                                     });
  Statistics result;
  result.count = static_cast<std::size_t>(totals[2 * n]);
  const auto count = static_cast<double>(result.count);
  for (std::size_t j = 0; j < n; ++j) result.mean.push_back(totals[j] / count);

  const auto between =
      sum_row_blocks(execution, A.rows(), n, [&](std::size_t begin, std::size_t end, std::span<double> partial) {
        const auto rows = static_cast<double>(end - begin);
        for (std::size_t j = 0; j < n; ++j) {
          const double distance = block_sums[begin / row_block * n + j] / rows - result.mean[j];
          partial[j] = rows * distance * distance;
        }
      });
  for (std::size_t j = 0; j < n; ++j) result.variance.push_back((totals[n + j] + between[j]) / count);
  extremes.store(execution, result);
  return result;
}

struct RowStatistics {
  double mean;
  double variance;
  double min;
  double max;
};

/// The sum of f(x) over a row: in a fixed order inside blocks, whose sums are added exactly.
template <class T, class F>
double row_sum(std::span<const T> row, F f) {
  ExactSum sum;
  for (std::size_t begin = 0; begin < row.size(); begin += row_block) {
    const std::size_t end = std::min(row.size(), begin + row_block);
    double partial[4] = {};  // sums that do not wait for each other
    for (std::size_t j = begin; j < end; ++j) partial[j % 4] += f(static_cast<double>(row[j]));
    sum.add((partial[0] + partial[1]) + (partial[2] + partial[3]));
  }
  return sum.value();
}

template <class T>
RowStatistics of_row(std::span<const T> row) {
  const auto n = static_cast<double>(row.size());
  const double mean = row_sum(row, [](double x) { return x; }) / n;
  const double squares = row_sum(row, [&](double x) { return (x - mean) * (x - mean); });
  RowStatistics result{mean, squares / n, inf, -inf};
  bool has_nan = false;
  for (const T value : row) {
    const auto x = static_cast<double>(value);
    has_nan |= std::isnan(x);
    result.min = x < result.min ? x : result.min;
    result.max = x > result.max ? x : result.max;
  }
  if (has_nan) result.min = result.max = nan;
  return {result.mean, result.variance, result.min + 0.0, result.max + 0.0};
}

template <class T>
Statistics of_rows(const Execution& execution, MatrixView<const T> A) {
  const std::size_t n = A.rows();
  Statistics result{A.cols(), std::vector<double>(n), std::vector<double>(n), std::vector<double>(n),
                    std::vector<double>(n)};
  parallel_for(
      *execution.arena, n, row_block * 16 / std::max<std::size_t>(A.cols(), 1) + 1,
      [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
          const RowStatistics row = of_row(A.row(i));
          result.mean[i] = row.mean;
          result.variance[i] = row.variance;
          result.min[i] = row.min;
          result.max[i] = row.max;
        }
      },
      execution.stop);
  return result;
}

}  // namespace

Statistics column_statistics(const Execution& execution, MatrixView<const float> A) {
  return of_columns(execution, A);
}

Statistics column_statistics(const Execution& execution, MatrixView<const double> A) {
  return of_columns(execution, A);
}

Statistics row_statistics(const Execution& execution, MatrixView<const float> A) {
  return of_rows(execution, A);
}

Statistics row_statistics(const Execution& execution, MatrixView<const double> A) {
  return of_rows(execution, A);
}

}  // namespace thrum::linalg
