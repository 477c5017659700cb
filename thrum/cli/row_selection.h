#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "thrum/data/table.h"

namespace thrum::cli {

/// The rows whose mask is `wanted`, in their order. Categories that no chosen row has are dropped.
Table select_rows(const Table& table, std::span<const std::uint8_t> mask, std::uint8_t wanted);

}  // namespace thrum::cli
