// Any bytes either are a model that predicts probabilities or finite numbers, or are refused with an error. The bytes
// are tried as they are, and with the checksum put right so that what lies behind it is reached.
#include <xxhash.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/model/model.h"

namespace thrum {
namespace {

constexpr std::size_t checksum_at = 8 + sizeof(R"({"__metadata__":{"checksum":")") - 1;
constexpr std::size_t checksum_digits = 32;

void put_checksum_right(std::vector<std::byte>& file) {
  if (file.size() < checksum_at + checksum_digits) return;
  std::memset(file.data() + checksum_at, '0', checksum_digits);
  const XXH128_hash_t hash = XXH3_128bits(file.data(), file.size());
  char hex[checksum_digits + 1];
  std::snprintf(hex, sizeof hex, "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  std::memcpy(file.data() + checksum_at, hex, checksum_digits);
}

void predict_one_row(const std::vector<std::byte>& image) {
  const auto predictor = open_predictor(image);
  const std::vector<double> row(predictor->schema().features.size(), 1.0);
  std::vector<double> outputs(predictor->n_outputs());
  predictor->predict({row.data(), 1, row.size()}, {outputs.data(), 1, outputs.size()});
  const bool is_probability = predictor->schema().target.task == Task::classification;
  for (const double p : outputs) {
    if (is_probability ? !(p >= 0 && p <= 1) : !std::isfinite(p)) std::abort();
  }
}

void expect_model_or_error(const std::vector<std::byte>& bytes) {
  try {
    predict_one_row(deserialize(bytes, "fuzz")->compile());
  } catch (const Error&) {
  }
  try {
    predict_one_row(bytes);
  } catch (const Error&) {
  }
}

}  // namespace
}  // namespace thrum

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* first = reinterpret_cast<const std::byte*>(data);
  std::vector<std::byte> bytes(first, first + size);
  thrum::expect_model_or_error(bytes);
  thrum::put_checksum_right(bytes);
  thrum::expect_model_or_error(bytes);
  return 0;
}
