#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/data/encoder.h"
#include "thrum/model/linear/inference.h"
#include "thrum/model/model.h"

namespace thrum {

/// P(class k | x) = softmax_k(W x' + b) over the encoded row x'; with two classes one row of coefficients for the
/// second class.
class LogisticRegressionModel final : public Model {
 public:
  struct Parts {
    Schema schema;
    Encoder encoder;
    std::vector<double>
        coefficients;  ///< (n_rows, encoder.n_outputs()) row-major; n_rows = 1 for two classes, else n_classes
    std::vector<double> intercepts;           ///< (n_rows)
    double kkt = 0;                           ///< the largest violation of a condition of optimality at the solution
    std::string solver = {};                  ///< what found it, for people
    std::optional<Inference> inference = {};  ///< of fits without a penalty
    std::string no_inference = {};            ///< otherwise why there is none; "" in files of the first builds
    TrainingRecord training;
  };

  /// REQUIRES: the shapes fit.
  explicit LogisticRegressionModel(Parts parts);
  /// Throws corrupt_data for whatever does not fit.
  static std::unique_ptr<Model> read(const ModelFile& file, Schema schema, TrainingRecord training);

  static constexpr std::string_view name = "logistic-regression";
  std::string_view algorithm() const noexcept override { return name; }
  const Schema& schema() const noexcept override { return parts_.schema; }
  const TrainingRecord& training() const noexcept override { return parts_.training; }
  std::string description() const override;
  std::string description_json() const override;
  void write(ModelFileBuilder& file) const override;
  std::vector<std::byte> compile() const override;

  const Parts& parts() const noexcept { return parts_; }
  std::size_t n_coefficient_rows() const noexcept { return parts_.intercepts.size(); }

 private:
  Parts parts_;
};

}  // namespace thrum
