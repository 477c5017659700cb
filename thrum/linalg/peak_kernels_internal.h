#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace thrum::linalg {

/// What a run of multiply-adds came to.
struct FmaRun {
  double operations = 0;  ///< multiplications and additions
  double sum = 0;         ///< of all accumulators: makes the work observable
};

/// Each of a fixed number of independent accumulators becomes accumulator * factor + term, `rounds` times.
FmaRun run_fma(std::size_t rounds, float factor, float term);
FmaRun run_fma(std::size_t rounds, double factor, double term);

/// The sum modulo 2^64.
std::uint64_t read_all(std::span<const std::uint64_t> words);

}  // namespace thrum::linalg
