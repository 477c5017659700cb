#pragma once

#include <string_view>

#include "thrum/model/model_file.h"

namespace thrum {

inline constexpr std::string_view format_version = "1";

/// Marks the file as a Thrum "model" or "predictor" of the current version.
void add_format(ModelFileBuilder& file, std::string_view kind);

/// Throws corrupt_data when the marks are missing, of another kind, or of a version that this build does not read.
void check_format(const ModelFile& file, std::string_view kind);

}  // namespace thrum
