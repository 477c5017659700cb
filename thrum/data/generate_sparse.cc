#include <cmath>

#include "thrum/data/row_generator_internal.h"

namespace thrum {
namespace {

constexpr std::size_t n_counts = 200;

/// Counts such as those of words in short texts: column j is zero but with a chance of 0.4 / (1 + j)^0.6.
class Sparse final : public RowGenerator {
 public:
  explicit Sparse(std::uint64_t seed) : random_(seed, 0x737061727365), columns_({{"label"}}) {
    const Random definition(0, 4);
    for (std::size_t j = 0; j < n_counts; ++j) {
      columns_.push_back({"count" + std::to_string(j)});
      chances_.push_back(0.4 * std::pow(static_cast<double>(1 + j), -0.6));
      effects_.push_back(0.6 * definition.normal(j));
    }
  }

  std::span<const GeneratedColumn> columns() const override { return columns_; }

  void fill_row(std::uint64_t row, std::span<std::int64_t> values) const override {
    RowDraws draws(random_, row);
    double log_odds = 0;
    for (std::size_t j = 0; j < n_counts; ++j) {
      const std::int64_t count = draw_count(draws, chances_[j]);
      values[1 + j] = count;
      if (count > 0) log_odds += effects_[j] * std::log1p(static_cast<double>(count));
    }
    values[0] = draws.chance(sigmoid(log_odds)) ? 1 : 0;
  }

 private:
  /// A count that is not zero is geometric with mean 1.5: one draw decides all.
  static std::int64_t draw_count(RowDraws& draws, double chance) {
    const double u = draws.uniform();
    if (u >= chance) return 0;
    return 1 + static_cast<std::int64_t>(std::log((u + 0x1.0p-54) / chance) / std::log(1.0 / 3));
  }

  Random random_;
  std::vector<GeneratedColumn> columns_;
  std::vector<double> chances_;
  std::vector<double> effects_;
};

}  // namespace

std::unique_ptr<RowGenerator> sparse(std::uint64_t seed) {
  return std::make_unique<Sparse>(seed);
}

}  // namespace thrum
