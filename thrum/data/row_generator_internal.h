#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "thrum/core/random.h"

namespace thrum {

/// A column of generated rows.
struct GeneratedColumn {
  std::string name;
  int decimals = 0;                          ///< of a number: how many digits follow the point
  std::vector<std::string> categories = {};  ///< distinct, in the order of their bytes; empty: a column of numbers
};

/// Makes rows of whole numbers, one for each column: k for the number k / 10^decimals, or the code of a category, or
/// `missing`. In this form a row has one text and one value, and reading the text gives the value. Immutable.
class RowGenerator {
 public:
  static constexpr std::int64_t missing = std::numeric_limits<std::int64_t>::min();

  virtual ~RowGenerator() = default;
  virtual std::span<const GeneratedColumn> columns() const = 0;
  /// Fills values[c] for each column. Depends on the seed and the index only.
  virtual void fill_row(std::uint64_t row, std::span<std::int64_t> values) const = 0;
};

std::unique_ptr<RowGenerator> higgs_like(std::uint64_t seed);
std::unique_ptr<RowGenerator> airline_like(std::uint64_t seed);
std::unique_ptr<RowGenerator> sparse(std::uint64_t seed);
std::unique_ptr<RowGenerator> wide(std::uint64_t seed);

/// The random numbers of one row, drawn in order; up to 512.
class RowDraws {
 public:
  RowDraws(const Random& random, std::uint64_t row) : random_(random), index_(row << 8) {}

  /// In [0, 1), 53 bits.
  double uniform() noexcept;
  double uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }
  /// Standard normal: Box-Muller, which gives two at a time.
  double normal() noexcept;
  bool chance(double probability) noexcept { return uniform() < probability; }

 private:
  const Random& random_;
  std::uint64_t index_;
  std::array<std::uint32_t, 4> words_ = {};
  bool half_used_ = false;
  bool has_spare_ = false;
  double spare_ = 0;
};

/// Draws one of several outcomes with given weights.
class Weighted {
 public:
  explicit Weighted(std::span<const double> weights);
  std::size_t draw(RowDraws& draws) const noexcept;

 private:
  std::vector<double> cumulative_;
};

inline double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

/// `value` with `decimals` digits behind the point, as RowGenerator holds it.
std::int64_t fixed_point(double value, int decimals) noexcept;

}  // namespace thrum
