#pragma once

#include <string>

#include "thrum/core/bytes.h"
#include "thrum/data/formats/data_file.h"

namespace thrum::formats {

/// read_data_file for bytes that are not compressed, without labels. `name` is for messages.
Table parse_data(ByteSpan bytes, const DataFileOptions& options, const std::string& name, const Execution& execution);

}  // namespace thrum::formats
