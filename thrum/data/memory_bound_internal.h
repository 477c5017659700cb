#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "thrum/comm/execution.h"

namespace thrum {

/// Throws out_of_memory where `bytes` are more than the machine has, or control groups leave: `what takes 201 GiB, …`.
void check_memory(std::uint64_t bytes, const std::string& what, const std::string& remedy = "");

/// Within a limit of memory, throws out_of_memory where not even what columns take beside their values, until a model
/// of them is saved, has room.
void check_column_room(std::size_t n_columns, const std::string& source, const Execution& execution);

}  // namespace thrum
