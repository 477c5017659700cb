#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "thrum/core/json_internal.h"
#include "thrum/model/linear/inference.h"
#include "thrum/model/model_file.h"

namespace thrum {

/// Tensors "inference.standard_errors" and "inference.numbers", or the metadata "inference.missing" that says why not.
void write_inference(ModelFileBuilder& file, const std::optional<Inference>& inference, const std::string& missing);
/// Throws corrupt_data for what no fit gives.
std::optional<Inference> read_inference(const ModelFile& file, std::size_t n_columns);
std::string read_missing_inference(const ModelFile& file);

/// A table with one line for each column, for people.
std::string inference_text(const Inference& inference, const std::vector<std::string>& names,
                           std::span<const double> coefficients, double intercept);
Json inference_json(const Inference& inference, const std::vector<std::string>& names,
                    std::span<const double> coefficients, double intercept);

}  // namespace thrum
