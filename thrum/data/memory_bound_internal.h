#pragma once

#include <cstdint>
#include <string>

namespace thrum {

/// Throws out_of_memory where `bytes` are more than the machine has, or control groups leave: `what takes 201 GiB, …`.
void check_memory(std::uint64_t bytes, const std::string& what, const std::string& remedy = "");

}  // namespace thrum
