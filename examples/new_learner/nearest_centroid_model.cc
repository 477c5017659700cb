#include "examples/new_learner/nearest_centroid_model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "thrum/core/assert.h"

namespace thrum {
namespace {

constexpr std::size_t encoding_width = 4;  // mean, scale, fill, missing_column

std::vector<double> encoding_values(const Encoder& encoder) {
  std::vector<double> values;
  for (const auto& e : encoder.encodings()) {
    values.insert(values.end(), {e.mean, e.scale, e.fill, e.missing_column ? 1.0 : 0.0});
  }
  return values;
}

Encoder read_encoder(const ModelFile& file, const Schema& schema) {
  const std::size_t n = schema.features.size();
  const auto values = file.tensor<double>("encoding", std::vector{n, encoding_width});
  std::vector<Encoder::FeatureEncoding> encodings;
  for (std::size_t j = 0; j < n; ++j) {
    const double* e = values.data() + j * encoding_width;
    if (!(e[1] > 0)) file.fail(fmt::format("has a scale of {} for \"{}\"", e[1], schema.features[j].name));
    encodings.push_back({.mean = e[0], .scale = e[1], .fill = e[2], .missing_column = e[3] != 0});
  }
  return {schema, std::move(encodings)};
}

/// What the model file and the predictor's image have in common. Everything read is checked: a file may come from
/// anywhere.
NearestCentroidModel::Parts read_parts(const ModelFile& file, Schema schema) {
  const std::size_t n_classes = schema.target.classes.size();
  if (n_classes < 2) file.fail("is a classifier of fewer than two classes");
  Encoder encoder = read_encoder(file, schema);
  const auto centroids = file.tensor<double>("centroids", std::vector{n_classes, encoder.n_outputs()});
  const auto log_priors = file.tensor<double>("log_priors", std::vector{n_classes});
  return {.schema = std::move(schema),
          .encoder = std::move(encoder),
          .centroids = {centroids.begin(), centroids.end()},
          .log_priors = {log_priors.begin(), log_priors.end()}};
}

class NearestCentroidPredictor final : public Predictor {
 public:
  explicit NearestCentroidPredictor(NearestCentroidModel::Parts parts) : parts_(std::move(parts)) {}

  const Schema& schema() const noexcept override { return parts_.schema; }
  std::size_t n_outputs() const noexcept override { return parts_.log_priors.size(); }

  void predict(MatrixView<const double> rows, MatrixView<double> outputs) const noexcept override {
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      const auto score = outputs.row(i);
      std::ranges::copy(parts_.log_priors, score.begin());
      for (std::size_t j = 0; j < rows.cols(); ++j) add_feature(j, rows(i, j), score);
      softmax(score);
    }
  }

 private:
  /// Encodes in place of Encoder::encode, which would need memory.
  double encoded(std::size_t j, std::size_t column, double x) const noexcept {
    const Encoder& encoder = parts_.encoder;
    const auto& e = encoder.encodings()[j];
    if (parts_.schema.features[j].type == FeatureType::number) return ((std::isnan(x) ? e.fill : x) - e.mean) / e.scale;
    const auto n = static_cast<double>(encoder.n_categories(j));
    if (std::isnan(x))
      x = n;  // the column "missing" is the last one
    else if (x >= n)
      return 0;  // not there in training
    return x == static_cast<double>(column) ? 1 : 0;
  }

  void add_feature(std::size_t j, double x, std::span<double> score) const noexcept {
    const std::size_t first = parts_.encoder.first_output(j), n_columns = parts_.encoder.n_outputs();
    for (std::size_t column = first; column < parts_.encoder.first_output(j + 1); ++column) {
      const double value = encoded(j, column - first, x);
      for (std::size_t k = 0; k < score.size(); ++k) {
        const double distance = value - parts_.centroids[k * n_columns + column];
        score[k] -= 0.5 * distance * distance;
      }
    }
  }

  static void softmax(std::span<double> score) noexcept {
    const double largest = *std::ranges::max_element(score);
    double sum = 0;
    for (double& value : score) sum += value = std::exp(value - largest);
    for (double& value : score) value /= sum;
  }

  NearestCentroidModel::Parts parts_;
};

}  // namespace

NearestCentroidModel::NearestCentroidModel(Parts parts) : parts_(std::move(parts)) {
  THRUM_ASSERT(parts_.log_priors.size() == parts_.schema.target.classes.size());
  THRUM_ASSERT(parts_.centroids.size() == parts_.log_priors.size() * parts_.encoder.n_outputs());
}

std::unique_ptr<Model> NearestCentroidModel::read(const ModelFile& file, Schema schema, TrainingRecord training) {
  Parts parts = read_parts(file, std::move(schema));
  parts.training = std::move(training);
  return std::make_unique<NearestCentroidModel>(std::move(parts));
}

void NearestCentroidModel::write(ModelFileBuilder& file) const {
  const std::size_t n_classes = parts_.log_priors.size();
  file.add_tensor<double>("encoding", {parts_.encoder.n_features(), encoding_width}, encoding_values(parts_.encoder));
  file.add_tensor<double>("centroids", {n_classes, parts_.encoder.n_outputs()}, parts_.centroids);
  file.add_tensor<double>("log_priors", {n_classes}, parts_.log_priors);
}

std::vector<std::byte> NearestCentroidModel::compile() const {
  ModelFileBuilder image;
  image.add_metadata("schema", parts_.schema.to_json());
  write(image);
  return image.bytes();
}

std::string NearestCentroidModel::description() const {
  std::string text;
  const auto names = parts_.encoder.output_names(parts_.schema);
  for (std::size_t k = 0; k < parts_.log_priors.size(); ++k) {
    text += fmt::format("centroid of \"{}\" (numbers in standard deviations from the mean):\n",
                        parts_.schema.target.classes[k]);
    for (std::size_t j = 0; j < names.size(); ++j) {
      text += fmt::format("  {:>12.6f}  {}\n", parts_.centroids[k * names.size() + j], names[j]);
    }
  }
  return text;
}

std::string NearestCentroidModel::description_json() const {
  return fmt::format(R"({{"centroids":[{}],"log_priors":[{}]}})", fmt::join(parts_.centroids, ","),
                     fmt::join(parts_.log_priors, ","));
}

std::unique_ptr<Predictor> open_nearest_centroid(ByteSpan image) {
  const ModelFile file(image, "predictor");
  return std::make_unique<NearestCentroidPredictor>(read_parts(file, Schema::from_json(file.metadata("schema"))));
}

}  // namespace thrum
