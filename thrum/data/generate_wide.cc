#include <array>
#include <string>

#include "thrum/data/row_generator_internal.h"

namespace thrum {
namespace {

constexpr std::size_t n_numbers = 100;
constexpr std::size_t n_factors = 10;
constexpr int decimals = 4;

/// Normal numbers that have factors in common: column j the factor j mod 10.
class Wide final : public RowGenerator {
 public:
  explicit Wide(std::uint64_t seed) : random_(seed, 0x77696465), columns_({{"label"}}) {
    const Random definition(0, 5);
    for (std::size_t j = 0; j < n_numbers; ++j) {
      columns_.push_back({"x" + std::to_string(j), decimals});
      effects_.push_back(0.2 * definition.normal(j));
    }
  }

  std::span<const GeneratedColumn> columns() const override { return columns_; }

  void fill_row(std::uint64_t row, std::span<std::int64_t> values) const override {
    RowDraws draws(random_, row);
    std::array<double, n_factors> factors;
    for (double& factor : factors) factor = draws.normal();
    double log_odds = 0;
    for (std::size_t j = 0; j < n_numbers; ++j) {
      const double x = 0.6 * factors[j % n_factors] + 0.8 * draws.normal();
      values[1 + j] = fixed_point(x, decimals);
      log_odds += effects_[j] * x;
    }
    values[0] = draws.chance(sigmoid(log_odds)) ? 1 : 0;
  }

 private:
  Random random_;
  std::vector<GeneratedColumn> columns_;
  std::vector<double> effects_;
};

}  // namespace

std::unique_ptr<RowGenerator> wide(std::uint64_t seed) {
  return std::make_unique<Wide>(seed);
}

}  // namespace thrum
