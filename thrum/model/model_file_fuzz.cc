// Any bytes either are a model that predicts probabilities or finite numbers, or are refused with an error. The bytes
// are tried as they are, and with the checksum put right so that what lies behind it is reached.
#include <xxhash.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
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

/// A row alone, rows at once and an explanation.
void predict_rows(const std::vector<std::byte>& image) {
  constexpr std::size_t most_rows = 50;
  const auto predictor = open_predictor(image);
  const std::size_t n_features = predictor->schema().features.size();
  std::vector<double> rows(most_rows * n_features, 1.0);
  for (std::size_t i = 1; i < rows.size(); i += 3) rows[i] = i % 2 == 0 ? std::nan("") : static_cast<double>(i % 7);
  const bool is_probability = predictor->schema().target.task == Task::classification;
  std::vector<double> outputs(most_rows * predictor->n_outputs());
  for (const std::size_t n : {std::size_t{1}, most_rows}) {
    predictor->predict({rows.data(), n, n_features}, {outputs.data(), n, predictor->n_outputs()});
    for (const double p : std::span(outputs).first(n * predictor->n_outputs())) {
      if (is_probability ? !(p >= 0 && p <= 1) : !std::isfinite(p)) std::abort();
    }
  }
  const std::size_t width = predictor->n_margins() * (n_features + 1);
  if (width == 0) return;
  std::vector<double> contributions(width);
  predictor->explain({rows.data(), 1, n_features}, {contributions.data(), 1, width});
}

void expect_model_or_error(const std::vector<std::byte>& bytes) {
  try {
    predict_rows(deserialize(bytes, "fuzz")->compile_to_explain());
  } catch (const Error&) {
  }
  try {
    predict_rows(bytes);
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
