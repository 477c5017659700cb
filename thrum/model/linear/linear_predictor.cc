#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "thrum/model/engine_internal.h"
#include "thrum/model/linear/linear_predictor_internal.h"
#include "thrum/model/link_internal.h"
#include "thrum/runtime/parallel.h"

namespace thrum {
namespace {

/// Beside one slot per category: for unknown categories and for missing values.
constexpr std::size_t extra_slots = 2;

std::size_t slots_of(const Feature& feature) {
  return feature.type == FeatureType::number ? 1 : feature.categories.size() + extra_slots;
}

/// [first_slot(j), first_slot(j + 1)) are the slots of feature j.
std::vector<std::size_t> slot_offsets(const Schema& schema) {
  std::vector<std::size_t> offsets = {0};
  for (const Feature& feature : schema.features) offsets.push_back(offsets.back() + slots_of(feature));
  return offsets;
}

/// Margins are the bias plus a slot's weights per feature: times the value for a number, once for a category.
class LinearPredictor : public Predictor {
 public:
  LinearPredictor(const ModelFile& file, Schema schema)
      : schema_(std::move(schema)),
        first_slot_(slot_offsets(schema_)),
        n_rows_(schema_.target.classes.size() > 2 ? schema_.target.classes.size() : 1) {
    slots_ = file.tensor<double>("slots", std::vector{first_slot_.back(), n_rows_});
    bias_ = file.tensor<double>("bias", std::vector{n_rows_});
    fill_ = file.tensor<double>("fill", std::vector{schema_.features.size()});
  }

  const Schema& schema() const noexcept override { return schema_; }

  double typical_value(std::size_t feature) const noexcept override {
    return schema_.features[feature].type == FeatureType::number ? fill_[feature] : Predictor::typical_value(feature);
  }

  void predict(MatrixView<const double> rows, MatrixView<double> outputs) const noexcept override {
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      const auto row = rows.row(i);
      const auto out = outputs.row(i);
      std::ranges::copy(bias_, out.begin());
      for (std::size_t j = 0; j < row.size(); ++j) add_feature(j, row[j], out);
      finish(out);
    }
  }

  /// Where all features are numbers, each of which has one slot.
  bool takes_sparse() const noexcept override { return first_slot_.back() == schema_.features.size(); }

  /// A number that is zero adds nothing, so that the sums are the same.
  void predict_sparse(std::span<const FeatureValue> row, std::span<double> outputs) const noexcept override {
    std::ranges::copy(bias_, outputs.begin());
    for (const auto& [feature, value] : row) add_feature(feature, value, outputs);
    finish(outputs);
  }

  std::size_t n_margins() const noexcept override { return n_rows_; }

  /// A number adds its weight times its distance from what a missing one is read as, a category its weight.
  void explain(MatrixView<const double> rows, MatrixView<double> contributions) const noexcept override {
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      for (std::size_t r = 0; r < n_rows_; ++r) {
        explain_margin(rows.row(i), r, contributions.row(i).subspan(r * (rows.cols() + 1), rows.cols() + 1));
      }
    }
  }

 protected:
  /// Makes a row's outputs of its margins, which are the first of them.
  virtual void link(std::span<double> out) const noexcept = 0;

 private:
  void finish(std::span<double> out) const noexcept {
    for (double& value : out.first(n_rows_)) value = finite_margin(value);
    link(out);
  }

  void explain_margin(std::span<const double> row, std::size_t r, std::span<double> parts) const noexcept {
    double& base = parts.back();
    base = bias_[r];
    for (std::size_t j = 0; j < row.size(); ++j) {
      const Term term = term_of(j, row[j]);
      const double weight = slots_[term.slot * n_rows_ + r];
      const bool is_number = schema_.features[j].type == FeatureType::number;
      parts[j] = weight * (is_number ? term.factor - fill_[j] : 1);
      base += is_number ? weight * fill_[j] : 0;
    }
  }

  /// What a feature adds to the margins: a slot's weights times a factor.
  struct Term {
    std::size_t slot;
    double factor;
  };

  Term term_of(std::size_t j, double x) const noexcept {
    if (schema_.features[j].type == FeatureType::number) {
      // An infinity times a weight of 0 would be NaN.
      constexpr double largest = std::numeric_limits<double>::max();
      return {first_slot_[j], std::isnan(x) ? fill_[j] : std::clamp(x, -largest, largest)};
    }
    const std::size_t n_categories = schema_.features[j].categories.size();
    const bool is_known = x >= 0 && x < static_cast<double>(n_categories);
    const std::size_t unknown = std::isnan(x) ? n_categories + 1 : n_categories;
    return {first_slot_[j] + (is_known ? static_cast<std::size_t>(x) : unknown), 1};
  }

  void add_feature(std::size_t j, double x, std::span<double> z) const noexcept {
    const Term term = term_of(j, x);
    const auto weights = slots_.subspan(term.slot * n_rows_, n_rows_);
    for (std::size_t r = 0; r < n_rows_; ++r) z[r] += term.factor * weights[r];
  }

  Schema schema_;
  std::vector<std::size_t> first_slot_;
  std::size_t n_rows_;
  std::span<const double> slots_;  ///< (n_slots, n_rows)
  std::span<const double> bias_;   ///< (n_rows)
  std::span<const double> fill_;   ///< (n_features): what a missing number is read as
};

class LinearClassifier : public LinearPredictor {
 public:
  LinearClassifier(const ModelFile& file, Schema schema) : LinearPredictor(file, std::move(schema)) {
    if (this->schema().target.task != Task::classification) file.fail("is a linear classifier of a regression target");
  }

  std::size_t n_outputs() const noexcept override { return schema().target.classes.size(); }

  void link(std::span<double> out) const noexcept override {
    if (n_margins() == 1) {
      write_logistic(out[0], out);
    } else {
      softmax(out);
    }
  }
};

/// The logistic function of each margin, divided by their sum. Classes that all are next to impossible are so to
/// different degrees: what the largest margin has in common with the others is divided out first.
class OneVsRestClassifier final : public LinearClassifier {
 public:
  using LinearClassifier::LinearClassifier;

  void link(std::span<double> out) const noexcept override {
    const double shift = std::min(0.0, *std::ranges::max_element(out));
    double sum = 0;
    for (double& z : out) sum += z = std::exp(std::min(z, 0.0) - shift) / (1 + std::exp(-std::abs(z)));
    for (double& p : out) p /= sum;
  }
};

class LinearRegressor : public LinearPredictor {
 public:
  LinearRegressor(const ModelFile& file, Schema schema) : LinearPredictor(file, std::move(schema)) {
    if (this->schema().target.task != Task::regression) file.fail("is a linear regression of a classification target");
  }

  std::size_t n_outputs() const noexcept override { return 1; }

  void link(std::span<double> /*out*/) const noexcept override {}
};

/// The exponential of a linear regression, within the range of numbers.
class LogLinearRegressor final : public LinearRegressor {
 public:
  using LinearRegressor::LinearRegressor;

  void link(std::span<double> out) const noexcept override {
    constexpr double largest = 709;
    out[0] = std::exp(std::min(out[0], largest));
  }
};

constexpr std::string_view engine_names[] = {"linear-classifier", "linear-one-vs-rest", "linear-regression",
                                             "log-linear-regression"};

/// out(c, r) = from[r * stride + c], a line of the cache at a time.
void transpose(const double* from, std::size_t stride, MatrixView<double> out) {
  constexpr std::size_t block = 8;
  for (std::size_t begin = 0; begin < out.rows(); begin += block) {
    const std::size_t end = std::min(begin + block, out.rows());
    for (std::size_t r = 0; r < out.cols(); ++r) {
      for (std::size_t c = begin; c < end; ++c) out(c, r) = from[r * stride + c];
    }
  }
}

/// The weights of a model by slots, with the encoding folded in.
class SlotWeights {
 public:
  SlotWeights(const Schema& schema, const Encoder& encoder, std::span<const double> coefficients, std::size_t n_rows)
      : schema_(schema),
        encoder_(encoder),
        coefficients_(coefficients),
        n_rows_(n_rows),
        first_slot_(slot_offsets(schema)) {}

  std::size_t n_slots() const noexcept { return first_slot_.back(); }

  void put(ModelFileBuilder::Put put) const {
    constexpr std::size_t piece = std::size_t{1} << 19;  // numbers
    constexpr std::size_t many = std::size_t{1} << 22;
    const std::size_t n_some = piece / std::clamp<std::size_t>(n_rows_, 1, piece);
    Arena arena(n_slots() * n_rows_ < many ? 1 : 0, Backend::threads);
    parallel_for(arena, n_slots(), n_some, [&](std::size_t begin, std::size_t end) {
      std::vector<double> weights((end - begin) * n_rows_);
      write(begin, {weights.data(), end - begin, n_rows_});
      put(begin * n_rows_ * sizeof(double), std::as_bytes(std::span(weights)));
    });
  }

 private:
  /// Slots from `begin` on. out: zeros
  void write(std::size_t begin, MatrixView<double> out) const {
    const std::size_t end = begin + out.rows();
    auto j = static_cast<std::size_t>(std::ranges::upper_bound(first_slot_, begin) - first_slot_.begin() - 1);
    for (; j < encoder_.n_features() && first_slot_[j] < end; ++j) {
      const std::size_t first = std::max(begin, first_slot_[j]);
      const std::size_t last = std::min(end, first_slot_[j + 1]);
      write_feature(j, first - first_slot_[j], out.row_range(first - begin, last - begin));
    }
  }

  /// Those of one feature from its slot `begin` on.
  void write_feature(std::size_t j, std::size_t begin, MatrixView<double> out) const {
    const std::size_t n_columns = encoder_.n_outputs(), n_categories = encoder_.n_categories(j);
    const double* w = coefficients_.data() + encoder_.first_output(j);
    if (schema_.features[j].type == FeatureType::number) {
      for (std::size_t r = 0; r < n_rows_; ++r) out(0, r) = w[r * n_columns] / encoder_.encodings()[j].scale;
      return;
    }
    const std::size_t n_known = std::min(n_categories, begin + out.rows()) - std::min(n_categories, begin);
    transpose(w + begin, n_columns, out.row_range(0, n_known));
    const std::size_t missing = n_categories + 1;
    if (!encoder_.encodings()[j].missing_column || missing < begin || missing >= begin + out.rows()) return;
    transpose(w + n_categories, n_columns, out.row_range(missing - begin, missing - begin + 1));
  }

  const Schema& schema_;
  const Encoder& encoder_;
  std::span<const double> coefficients_;
  std::size_t n_rows_;
  std::vector<std::size_t> first_slot_;
};

/// What the means of numbers add to the intercepts.
std::vector<double> bias_of(const Schema& schema, const Encoder& encoder, std::span<const double> coefficients,
                            std::span<const double> intercepts) {
  std::vector<double> bias(intercepts.begin(), intercepts.end());
  for (std::size_t j = 0; j < encoder.n_features(); ++j) {
    if (schema.features[j].type != FeatureType::number) continue;
    const Encoder::FeatureEncoding& encoding = encoder.encodings()[j];
    for (std::size_t r = 0; r < bias.size(); ++r) {
      bias[r] -= coefficients[r * encoder.n_outputs() + encoder.first_output(j)] / encoding.scale * encoding.mean;
    }
  }
  return bias;
}

}  // namespace

void build_linear_model(LinearEngine engine, const Schema& schema, const Encoder& encoder,
                        std::span<const double> coefficients, std::span<const double> intercepts, UseImage use) {
  const std::size_t n_rows = intercepts.size();
  const SlotWeights slots(schema, encoder, coefficients, n_rows);
  std::vector<double> fill;
  for (const Encoder::FeatureEncoding& encoding : encoder.encodings()) fill.push_back(encoding.fill);
  ModelFileBuilder image;
  add_engine(image, engine_names[static_cast<std::size_t>(engine)], schema);
  image.add_tensor_later<double>("slots", {slots.n_slots(), n_rows}, [&](auto put) { slots.put(put); });
  image.add_tensor<double>("bias", {n_rows}, bias_of(schema, encoder, coefficients, intercepts));
  image.add_tensor<double>("fill", {fill.size()}, fill);
  use(image);
}

std::vector<std::byte> compile_linear_model(LinearEngine engine, const Schema& schema, const Encoder& encoder,
                                            std::span<const double> coefficients, std::span<const double> intercepts) {
  std::vector<std::byte> bytes;
  build_linear_model(engine, schema, encoder, coefficients, intercepts,
                     [&](const ModelFileBuilder& image) { bytes = image.bytes(); });
  return bytes;
}

std::unique_ptr<Predictor> open_linear_classifier(const ModelFile& file, Schema schema) {
  return std::make_unique<LinearClassifier>(file, std::move(schema));
}

std::unique_ptr<Predictor> open_linear_one_vs_rest(const ModelFile& file, Schema schema) {
  return std::make_unique<OneVsRestClassifier>(file, std::move(schema));
}

std::unique_ptr<Predictor> open_linear_regression(const ModelFile& file, Schema schema) {
  return std::make_unique<LinearRegressor>(file, std::move(schema));
}

std::unique_ptr<Predictor> open_log_linear_regression(const ModelFile& file, Schema schema) {
  return std::make_unique<LogLinearRegressor>(file, std::move(schema));
}

}  // namespace thrum
