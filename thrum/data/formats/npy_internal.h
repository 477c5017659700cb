#pragma once

#include <string>

#include "thrum/core/bytes.h"
#include "thrum/data/formats/number_array_internal.h"

namespace thrum::formats {

/// Whether `bytes` begin as a file of numpy.save does.
bool is_npy(ByteSpan bytes) noexcept;

/// The array of an NPY file, versions 1 to 3 (numpy.lib.format); it refers to `bytes`. REQUIRES: is_npy. Throws
/// corrupt_data for a damaged header and as make_array, invalid_argument for elements that are no numbers.
NumberArray parse_npy(ByteSpan bytes, const std::string& name);

}  // namespace thrum::formats
