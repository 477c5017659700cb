#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

/// The measurements that bench/runtime.py asks for. Each takes the words behind its name, warms up, measures, checks
/// what came out, and returns a JSON object with "seconds" in it.
namespace thrum::bench {

using Words = std::span<const std::string>;

std::string mean(Words words);         ///< threads|processes WORKERS
std::string map(Words words);          ///< threads|processes|pool WORKERS
std::string warm_call(Words words);    ///< threads|processes|pool
std::string round_trip(Words words);   ///< no words
std::string stream(Words words);       ///< threads|processes|pool
std::string start(Words words);        ///< spawn|fork_server GIGABYTES
std::string share_array(Words words);  ///< WORKERS GIGABYTES shared|private

template <class F>
double seconds_of(F&& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The value below which the share `q` of them lies. REQUIRES: not empty.
inline double quantile(std::vector<double> values, double q) {
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

/// How long each of `n` calls takes, after a tenth as many that do not count.
template <class F>
std::vector<double> seconds_of_calls(std::size_t n, F&& f) {
  for (std::size_t i = 0; i < n / 10; ++i) f();
  std::vector<double> seconds(n);
  for (double& second : seconds) second = seconds_of(f);
  return seconds;
}

}  // namespace thrum::bench
