#pragma once

#include "thrum/core/json_internal.h"
#include "thrum/data/encoder.h"
#include "thrum/model/model_file.h"

namespace thrum {

/// The encoder of a linear model as tensors of its file: "encoder.mean", "encoder.scale", "encoder.fill" and
/// "encoder.missing_column", one value per feature each.
void write_encoder(ModelFileBuilder& file, const Encoder& encoder);
/// Throws corrupt_data for what no encoder of `schema` holds.
Encoder read_encoder(const ModelFile& file, const Schema& schema);

/// How each feature enters: a number as (x - mean) / scale.
Json encoding_json(const Schema& schema, const Encoder& encoder);

/// The columns with their coefficients, strongest first, one line each.
std::string coefficient_lines(const std::vector<std::string>& names, std::span<const double> coefficients);

}  // namespace thrum
