#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "thrum/data/encoder.h"
#include "thrum/data/schema.h"
#include "thrum/model/engine_internal.h"
#include "thrum/model/model_file.h"
#include "thrum/model/predictor.h"

namespace thrum {

/// How margins become predictions.
enum class LinearEngine { classifier, one_vs_rest, regression, log_regression };

/// The image of a linear model with the encoding folded into the weights
/// so that a raw row is enough. coefficients: (n_rows, encoder.n_outputs()) row-major; intercepts: (n_rows); n_rows is
/// 1 for two classes and for a regression.
std::vector<std::byte> compile_linear_model(LinearEngine engine, const Schema& schema, const Encoder& encoder,
                                            std::span<const double> coefficients, std::span<const double> intercepts);
/// The same for `use`, piece by piece.
void build_linear_model(LinearEngine engine, const Schema& schema, const Encoder& encoder,
                        std::span<const double> coefficients, std::span<const double> intercepts, UseImage use);

/// Throws corrupt_data where the image does not fit.
std::unique_ptr<Predictor> open_linear_classifier(const ModelFile& file, Schema schema);
std::unique_ptr<Predictor> open_linear_one_vs_rest(const ModelFile& file, Schema schema);
std::unique_ptr<Predictor> open_linear_regression(const ModelFile& file, Schema schema);
std::unique_ptr<Predictor> open_log_linear_regression(const ModelFile& file, Schema schema);

}  // namespace thrum
