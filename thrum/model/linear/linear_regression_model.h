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

/// y = w x' + b over the encoded row x', what linear-regression, ridge, lasso, elastic-net and sgd-regressor train; or
/// y = exp(w x' + b), what poisson-regression and gamma-regression train.
class LinearRegressionModel final : public Model {
 public:
  struct Parts {
    std::string_view algorithm;  ///< one of `names`
    Schema schema;
    Encoder encoder;
    std::vector<double> coefficients;  ///< (encoder.n_outputs())
    double intercept = 0;
    /// The largest violation of an optimality condition of the objective, at the solution; NaN where that is not known.
    double kkt = std::numeric_limits<double>::quiet_NaN();
    std::optional<double> duality_gap = {};  ///< how much lower the objective could be at most, where that was the test
    std::optional<Inference> inference = {};  ///< of fits without a penalty
    std::string no_inference = {};            ///< otherwise why there is none; "" in files of the first builds
    TrainingRecord training;
  };

  /// REQUIRES: the shapes fit.
  explicit LinearRegressionModel(Parts parts);
  /// Throws corrupt_data for whatever does not fit.
  static std::unique_ptr<Model> read(const ModelFile& file, Schema schema, TrainingRecord training);

  static constexpr std::string_view linear_regression = "linear-regression";
  static constexpr std::string_view ridge = "ridge";
  static constexpr std::string_view lasso = "lasso";
  static constexpr std::string_view elastic_net = "elastic-net";
  static constexpr std::string_view poisson_regression = "poisson-regression";
  static constexpr std::string_view gamma_regression = "gamma-regression";
  static constexpr std::string_view sgd_regressor = "sgd-regressor";
  static constexpr std::string_view names[] = {linear_regression, ridge,        lasso, elastic_net, poisson_regression,
                                               gamma_regression,  sgd_regressor};

  std::string_view algorithm() const noexcept override { return parts_.algorithm; }
  const Schema& schema() const noexcept override { return parts_.schema; }
  const TrainingRecord& training() const noexcept override { return parts_.training; }
  std::string description() const override;
  std::string description_json() const override;
  void write(ModelFileBuilder& file) const override;
  std::vector<std::byte> compile() const override;

  const Parts& parts() const noexcept { return parts_; }
  /// Whether w x' + b is the logarithm of what is predicted.
  bool has_log_link() const noexcept;

 private:
  Parts parts_;
};

}  // namespace thrum
