#pragma once

#include <cstddef>
#include <limits>
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
/// second class. Of sgd-classifier, which learns three classes or more each against the rest, it is the logistic
/// function of the margin, divided by the sum of those of all classes.
class LogisticRegressionModel final : public Model {
 public:
  static constexpr std::string_view name = "logistic-regression";
  static constexpr std::string_view sgd_classifier = "sgd-classifier";

  struct Parts {
    std::string_view algorithm = name;  ///< or sgd_classifier
    Schema schema;
    Encoder encoder;
    std::vector<double>
        coefficients;  ///< (n_rows, encoder.n_outputs()) row-major; n_rows = 1 for two classes, else n_classes
    std::vector<double> intercepts;  ///< (n_rows)
    /// The largest violation of a condition of optimality at the solution; NaN where that is not known.
    double kkt = std::numeric_limits<double>::quiet_NaN();
    std::string solver = {};                  ///< what found it, for people
    std::optional<Inference> inference = {};  ///< of fits without a penalty
    std::string no_inference = {};            ///< otherwise why there is none; "" in files of the first builds
    TrainingRecord training;
  };

  /// REQUIRES: the shapes fit.
  explicit LogisticRegressionModel(Parts parts);
  /// Throws corrupt_data for whatever does not fit.
  static std::unique_ptr<Model> read(const ModelFile& file, Schema schema, TrainingRecord training);

  std::string_view algorithm() const noexcept override { return parts_.algorithm; }
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
