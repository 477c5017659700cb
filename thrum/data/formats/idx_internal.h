#pragma once

#include <string>

#include "thrum/core/bytes.h"
#include "thrum/data/formats/number_array_internal.h"

namespace thrum::formats {

/// Whether `bytes` begin as an IDX file does (LeCun, "The MNIST database of handwritten digits"): two zeros, a type,
/// the number of axes.
bool is_idx(ByteSpan bytes) noexcept;

/// The array of an IDX file; it refers to `bytes`. REQUIRES: is_idx. Throws corrupt_data where the sizes do not fit the
/// file, and as make_array.
NumberArray parse_idx(ByteSpan bytes, const std::string& name);

}  // namespace thrum::formats
