#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "thrum/model/model_file.h"

namespace thrum {

/// The tensor "kkt" of a model whose distance from the optimum is known; NaN where there is none.
inline void write_kkt(ModelFileBuilder& file, double kkt) {
  if (!std::isnan(kkt)) file.add_tensor<double>("kkt", {1}, std::span(&kkt, 1));
}

inline double read_kkt(const ModelFile& file) {
  if (!file.tensors().contains("kkt")) return std::numeric_limits<double>::quiet_NaN();
  return file.tensor<double>("kkt", std::vector<std::size_t>{1})[0];
}

}  // namespace thrum
