// Results that are computed once, and kept on disk.   usage: cached_function FOLDER
#include <exception>
#include <iostream>
#include <numeric>
#include <span>
#include <vector>

#include "thrum/thrum.h"

namespace {

/// Stands for an hour of work.
std::vector<double> featurise(std::span<const double> signal, int window) {
  std::vector<double> means;
  for (std::size_t i = 0; i + static_cast<std::size_t>(window) <= signal.size(); ++i) {
    const auto part = signal.subspan(i, static_cast<std::size_t>(window));
    means.push_back(std::accumulate(part.begin(), part.end(), 0.0) / window);
  }
  return means;
}

void compute_once(const char* folder) {
  const std::vector<double> signal(1000, 0.5);
  const thrum::Memory memory(folder);
  const auto features = memory.cache("featurise", "v1", &featurise);
  const std::vector<double> computed = features(signal, 10);
  const std::vector<double> found = features(signal, 10);  // read from disk, in this process or any later one
  std::cout << (computed == found ? "the same" : "different") << ", " << memory.store().counts().hits << " hit\n";

  const auto fresh = memory.cache("featurise", "v2", &featurise,
                                  {.expires_after = std::chrono::hours(24),
                                   .validate = [](const thrum::EntryInfo& info) { return info.value_bytes > 0; },
                                   .compress = 3});
  fresh(signal, 10);

  const thrum::MappedArray<double> mapped = features.map(signal, 10);  // no copy, whatever its size
  const auto shelved = features.call_and_shelve(signal, 10);           // some 60 bytes, to be sent to other processes
  const std::vector<double> values = shelved.get();
  std::cout << mapped.size() << " mapped, " << values.size() << " shelved\n";

  features.clear_entry(signal, 10);
  memory.reduce_size({.max_bytes = 1'000'000'000, .max_age = std::chrono::hours(24 * 7)});
  std::cout << memory.usage().entries << " entries\n";
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) throw thrum::Error(thrum::ErrorCode::invalid_argument, "usage: cached_function FOLDER");
  compute_once(argv[1]);
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
