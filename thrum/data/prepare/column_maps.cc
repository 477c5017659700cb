#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/random.h"
#include "thrum/data/prepare/column_maps_internal.h"

namespace thrum::prepare {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

Json numbers_json(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(json_number(value));
  return list;
}

Feature number_feature(std::string name) {
  return {.name = std::move(name), .type = FeatureType::number};
}

/// The only output of a map.
template <class F>
void write_each(std::span<const double> x, MatrixView<double> out, F f) noexcept {
  std::ranges::transform(x, out.row(0).begin(), f);
}

class Drop final : public ColumnMap {
 public:
  std::vector<Feature> outputs() const override { return {}; }
  void apply(std::span<const double>, MatrixView<double>) const noexcept override {}
  std::string to_json() const override { return R"({"map":"drop"})"; }
};

class AffineMap final : public ColumnMap {
 public:
  AffineMap(Feature input, const Affine& parts) : input_(std::move(input)), parts_(parts) {}
  std::vector<Feature> outputs() const override { return {input_}; }
  void apply(std::span<const double> x, MatrixView<double> out) const noexcept override {
    write_each(x, out, [this](double value) {
      const double y = (value - parts_.shift) * parts_.factor;
      return std::isnan(y) ? y : std::clamp(y, parts_.low, parts_.high);
    });
  }
  std::string to_json() const override {
    return Json{{"map", "affine"},
                {"shift", json_number(parts_.shift)},
                {"factor", json_number(parts_.factor)},
                {"low", json_number(parts_.low)},
                {"high", json_number(parts_.high)}}
        .dump();
  }

 private:
  Feature input_;
  Affine parts_;
};

class Binarize final : public ColumnMap {
 public:
  Binarize(Feature input, double threshold) : input_(std::move(input)), threshold_(threshold) {}
  std::vector<Feature> outputs() const override { return {input_}; }
  void apply(std::span<const double> x, MatrixView<double> out) const noexcept override {
    write_each(x, out, [this](double value) { return std::isnan(value) ? value : value > threshold_ ? 1 : 0; });
  }
  std::string to_json() const override {
    return Json{{"map", "binarize"}, {"threshold", json_number(threshold_)}}.dump();
  }

 private:
  Feature input_;
  double threshold_;
};

class FillNumber final : public ColumnMap {
 public:
  FillNumber(Feature input, double fill, bool indicator)
      : input_(std::move(input)), fill_(fill), indicator_(indicator) {}
  std::vector<Feature> outputs() const override {
    if (!indicator_) return {input_};
    return {input_, number_feature(input_.name + "=(missing)")};
  }
  void apply(std::span<const double> x, MatrixView<double> out) const noexcept override {
    write_each(x, out, [this](double value) { return std::isnan(value) ? fill_ : value; });
    if (indicator_) write_each(x, out.row_range(1, 2), [](double value) { return std::isnan(value) ? 1 : 0; });
  }
  std::string to_json() const override {
    return Json{{"map", "fill"}, {"value", json_number(fill_)}, {"indicator", indicator_}}.dump();
  }

 private:
  Feature input_;
  double fill_;
  bool indicator_;
};

class Recode final : public ColumnMap {
 public:
  Recode(std::vector<std::uint32_t> codes, Feature output) : codes_(std::move(codes)), output_(std::move(output)) {}
  std::vector<Feature> outputs() const override { return {output_}; }
  void apply(std::span<const double> x, MatrixView<double> out) const noexcept override {
    write_each(x, out, [this](double value) {
      const std::uint32_t code = codes_[place_of_code(value, codes_.size() - 2)];
      return code > output_.categories.size() ? missing : code;
    });
  }
  std::string to_json() const override {
    return Json{{"map", "recode"}, {"codes", codes_}, {"categories", output_.categories}}.dump();
  }

 private:
  std::vector<std::uint32_t> codes_;
  Feature output_;
};

/// Rows of numbers, of which most may be 0: values: (n_places, width).
class SparseRows {
 public:
  SparseRows(std::vector<double> values, std::size_t width) : values_(std::move(values)), width_(width) {
    for (std::size_t begin = 0; begin < values_.size(); begin += width) {
      const std::span<const double> row(values_.data() + begin, width);
      const auto is_zero = [](double x) { return x == 0 && !std::signbit(x); };
      const auto first = static_cast<std::size_t>(std::ranges::find_if_not(row, is_zero) - row.begin());
      std::size_t end = width;
      while (end > first && is_zero(row[end - 1])) --end;
      others_.push_back({first, end});
    }
  }

  const std::vector<double>& values() const noexcept { return values_; }
  /// Writes the row of place_of_code(x) to out(0, i), out(1, i) …, which are 0 before.
  void write(double x, MatrixView<double> out, std::size_t i) const noexcept {
    const std::size_t place = place_of_code(x, others_.size() - 2);
    for (std::size_t k = others_[place].begin; k < others_[place].end; ++k) out(k, i) = values_[place * width_ + k];
  }

 private:
  struct Range {
    std::size_t begin;
    std::size_t end;
  };

  std::vector<double> values_;
  std::size_t width_;
  std::vector<Range> others_;  ///< of each row, what holds all that is not 0
};

class LookUp : public ColumnMap {
 public:
  LookUp(std::vector<double> values, std::vector<std::string> names)
      : rows_(std::move(values), names.size()), names_(std::move(names)) {}
  std::vector<Feature> outputs() const override {
    std::vector<Feature> features;
    for (const std::string& name : names_) features.push_back(number_feature(name));
    return features;
  }
  void apply(std::span<const double> x, MatrixView<double> out) const noexcept override {
    for (std::size_t i = 0; i < x.size(); ++i) rows_.write(x[i], out, i);
  }
  std::string to_json() const override {
    return Json{{"map", "look_up"}, {"values", numbers_json(rows_.values())}, {"names", names_}}.dump();
  }

 private:
  SparseRows rows_;
  std::vector<std::string> names_;
};

class CrossFittedLookUp final : public LookUp {
 public:
  CrossFittedLookUp(std::vector<double> values, const std::vector<std::string>& names,
                    std::vector<std::vector<double>> of_folds, std::uint64_t seed)
      : LookUp(std::move(values), names), seed_(seed) {
    for (auto& of_fold : of_folds) of_folds_.emplace_back(std::move(of_fold), names.size());
  }
  void apply_to_training(std::size_t first_row, std::span<const double> x,
                         MatrixView<double> out) const noexcept override {
    for (std::size_t i = 0; i < x.size(); ++i) {
      of_folds_[fold_of_row(first_row + i, of_folds_.size(), seed_)].write(x[i], out, i);
    }
  }

 private:
  std::vector<SparseRows> of_folds_;
  std::uint64_t seed_;
};

class Bins final : public ColumnMap {
 public:
  Bins(Feature input, std::vector<double> cuts, bool one_hot)
      : input_(std::move(input)), cuts_(std::move(cuts)), one_hot_(one_hot) {}
  std::vector<Feature> outputs() const override {
    if (!one_hot_) return {input_};
    std::vector<Feature> features;
    for (std::size_t b = 0; b <= cuts_.size(); ++b) {
      features.push_back(number_feature(fmt::format("{}=bin{}", input_.name, b)));
    }
    return features;
  }
  void apply(std::span<const double> x, MatrixView<double> out) const noexcept override {
    if (!one_hot_) {
      return write_each(x, out, [this](double v) { return std::isnan(v) ? v : static_cast<double>(bin_of(v)); });
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!std::isnan(x[i])) out(bin_of(x[i]), i) = 1;
    }
  }
  std::string to_json() const override {
    return Json{{"map", "bins"}, {"cuts", numbers_json(cuts_)}, {"one_hot", one_hot_}}.dump();
  }

 private:
  std::size_t bin_of(double x) const noexcept {
    return static_cast<std::size_t>(std::ranges::upper_bound(cuts_, x) - cuts_.begin());
  }

  Feature input_;
  std::vector<double> cuts_;
  bool one_hot_;
};

/// The inverse of the normal distribution's cumulative function: P. J. Acklam's rational approximation (2003), with
/// one step of Halley's method.
double normal_quantile(double p) noexcept {
  constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                          1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
                          -1.328068155288572e+01};
  constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                          -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00};
  const auto tail = [&](double q) {
    return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
           ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
  };
  double x = 0;
  if (p < 0.02425) {
    x = tail(std::sqrt(-2 * std::log(p)));
  } else if (p > 1 - 0.02425) {
    x = -tail(std::sqrt(-2 * std::log1p(-p)));
  } else {
    const double q = p - 0.5, r = q * q;
    x = (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
        (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
  }
  constexpr double root_of_tau = 2.5066282746310002;
  const double error = 0.5 * std::erfc(-x / std::sqrt(2.0)) - p;
  const double step = error * root_of_tau * std::exp(x * x / 2);
  return x - step / (1 + x * step / 2);
}

class Rank final : public ColumnMap {
 public:
  Rank(Feature input, std::vector<double> quantiles, bool normal)
      : input_(std::move(input)), quantiles_(std::move(quantiles)), normal_(normal) {}
  std::vector<Feature> outputs() const override { return {input_}; }
  void apply(std::span<const double> x, MatrixView<double> out) const noexcept override {
    write_each(x, out, [this](double value) { return std::isnan(value) ? value : rank_of(value); });
  }
  std::string to_json() const override {
    return Json{{"map", "rank"}, {"quantiles", numbers_json(quantiles_)}, {"normal", normal_}}.dump();
  }

 private:
  double rank_of(double x) const noexcept {
    constexpr double smallest = 1e-7;  // infinity is no use to a learner
    const double p = position(x);
    return normal_ ? normal_quantile(std::clamp(p, smallest, 1 - smallest)) : p;
  }

  /// In the middle where x is among equal quantiles, as many others may be, unless these are extremes.
  double position(double x) const noexcept {
    if (x <= quantiles_.front()) return 0;
    if (x >= quantiles_.back()) return 1;
    const auto low = std::ranges::lower_bound(quantiles_, x), high = std::ranges::upper_bound(quantiles_, x);
    const double last = static_cast<double>(quantiles_.size() - 1);
    if (low != high)
      return static_cast<double>((low - quantiles_.begin()) + (high - quantiles_.begin()) - 1) / 2 / last;
    const double share = (x - *(low - 1)) / (*low - *(low - 1));
    return (static_cast<double>(low - quantiles_.begin() - 1) + share) / last;
  }

  Feature input_;
  std::vector<double> quantiles_;
  bool normal_;
};

class PowerMap final : public ColumnMap {
 public:
  PowerMap(Feature input, const Power& parts) : input_(std::move(input)), parts_(parts) {}
  std::vector<Feature> outputs() const override { return {input_}; }
  void apply(std::span<const double> x, MatrixView<double> out) const noexcept override {
    write_each(x, out, [this](double value) {
      return (power_of(parts_.method, value, parts_.lambda) - parts_.mean) / parts_.scale;
    });
  }
  std::string to_json() const override {
    return Json{{"map", parts_.method == PowerMethod::box_cox ? "box_cox" : "power"},
                {"lambda", json_number(parts_.lambda)},
                {"mean", json_number(parts_.mean)},
                {"scale", json_number(parts_.scale)}}
        .dump();
  }

 private:
  Feature input_;
  Power parts_;
};

double yeo_johnson(double x, double lambda) noexcept {
  if (x >= 0) return lambda == 0 ? std::log1p(x) : std::expm1(lambda * std::log1p(x)) / lambda;
  return lambda == 2 ? -std::log1p(-x) : -std::expm1((2 - lambda) * std::log1p(-x)) / (2 - lambda);
}

double box_cox(double x, double lambda) noexcept {
  if (!(x > 0)) return missing;
  return lambda == 0 ? std::log(x) : std::expm1(lambda * std::log(x)) / lambda;
}

}  // namespace

std::size_t place_of_code(double x, std::size_t n_categories) noexcept {
  if (std::isnan(x)) return n_categories + 1;
  return x >= 0 && x < static_cast<double>(n_categories) ? static_cast<std::size_t>(x) : n_categories;
}

std::shared_ptr<const ColumnMap> drop_column() {
  return std::make_shared<Drop>();
}

std::shared_ptr<const ColumnMap> affine(const Feature& input, const Affine& parts) {
  return std::make_shared<AffineMap>(input, parts);
}

std::shared_ptr<const ColumnMap> binarize(const Feature& input, double threshold) {
  return std::make_shared<Binarize>(input, threshold);
}

std::shared_ptr<const ColumnMap> fill_number(const Feature& input, double fill, bool indicator) {
  return std::make_shared<FillNumber>(input, fill, indicator);
}

std::shared_ptr<const ColumnMap> recode(std::vector<std::uint32_t> codes, Feature output) {
  return std::make_shared<Recode>(std::move(codes), std::move(output));
}

std::shared_ptr<const ColumnMap> look_up(std::vector<double> values, std::vector<std::string> names) {
  THRUM_ASSERT(!names.empty() && values.size() % names.size() == 0 && values.size() / names.size() >= 2);
  return std::make_shared<LookUp>(std::move(values), std::move(names));
}

std::shared_ptr<const ColumnMap> look_up_cross_fitted(std::vector<double> values, const std::vector<std::string>& names,
                                                      std::vector<std::vector<double>> of_folds, std::uint64_t seed) {
  return std::make_shared<CrossFittedLookUp>(std::move(values), names, std::move(of_folds), seed);
}

std::size_t fold_of_row(std::size_t row, std::size_t n_folds, std::uint64_t seed) {
  return Random(seed, 0x666f6c64).below(row, n_folds);  // a stream of its own
}

std::shared_ptr<const ColumnMap> bins(const Feature& input, std::vector<double> cuts, bool one_hot) {
  return std::make_shared<Bins>(input, std::move(cuts), one_hot);
}

std::shared_ptr<const ColumnMap> rank(const Feature& input, std::vector<double> quantiles, bool normal) {
  return std::make_shared<Rank>(input, std::move(quantiles), normal);
}

double power_of(PowerMethod method, double x, double lambda) noexcept {
  return method == PowerMethod::box_cox ? box_cox(x, lambda) : yeo_johnson(x, lambda);
}

std::shared_ptr<const ColumnMap> power(const Feature& input, const Power& parts) {
  return std::make_shared<PowerMap>(input, parts);
}

}  // namespace thrum::prepare
