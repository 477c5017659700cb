#pragma once

#include <cstddef>
#include <span>

#include "thrum/comm/communicator.h"

namespace thrum {

/// into[i] = op(into[i], from[i]). Both hold elements of `dtype`; equal sizes. A NaN on either side stays.
void reduce_into(std::span<std::byte> into, std::span<const std::byte> from, DType dtype, ReduceOp op) noexcept;

std::string_view reduce_op_name(ReduceOp op) noexcept;

}  // namespace thrum
