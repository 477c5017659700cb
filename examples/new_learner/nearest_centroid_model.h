#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/data/encoder.h"
#include "thrum/model/model.h"

namespace thrum {

/// P(class k | x) = softmax_k(-|x' - centroid_k|^2 / 2 + log prior_k) over the encoded row x': the classes are round
/// clouds of equal size.
class NearestCentroidModel final : public Model {
 public:
  struct Parts {
    Schema schema;
    Encoder encoder;
    std::vector<double> centroids;   ///< (n_classes, encoder.n_outputs()) row-major
    std::vector<double> log_priors;  ///< (n_classes)
    TrainingRecord training = {};
  };

  /// REQUIRES: the shapes fit.
  explicit NearestCentroidModel(Parts parts);
  /// Throws corrupt_data for whatever does not fit.
  static std::unique_ptr<Model> read(const ModelFile& file, Schema schema, TrainingRecord training);

  static constexpr std::string_view name = "nearest-centroid";
  std::string_view algorithm() const noexcept override { return name; }
  const Schema& schema() const noexcept override { return parts_.schema; }
  const TrainingRecord& training() const noexcept override { return parts_.training; }
  std::string description() const override;
  std::string description_json() const override;
  void write(ModelFileBuilder& file) const override;
  std::vector<std::byte> compile() const override;

  const Parts& parts() const noexcept { return parts_; }

 private:
  Parts parts_;
};

/// `image`: what NearestCentroidModel::compile returned, aligned to 64 bytes, alive as long as the predictor. Throws
/// corrupt_data.
std::unique_ptr<Predictor> open_nearest_centroid(ByteSpan image);

}  // namespace thrum
