#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "thrum/data/prepare/row_map.h"

namespace thrum::prepare {

/// Columns that a step may make: as many as a model can be asked for in a reasonable time.
inline constexpr std::size_t most_outputs = 65'536;

/// Products of the columns, up to `degree` factors, in scikit-learn's order: fewer factors first.
struct Polynomial {
  int degree = 2;
  bool interaction_only = false;  ///< no column twice in a product
  bool include_bias = true;       ///< begin with a column of ones
};
/// The number of columns that it makes of `n`: they may be more than a whole number can count.
double n_products(std::size_t n, const Polynomial& parts) noexcept;
/// REQUIRES: n_products is at most most_outputs.
std::shared_ptr<const RowMap> polynomial(std::span<const Feature> inputs, const Polynomial& parts);

enum class Norm { l1, l2, max };
/// Each row divided by its norm over the columns, missing values left out; a row of zeros stays.
std::shared_ptr<const RowMap> normalize(std::span<const Feature> inputs, Norm norm);

/// "column=category" of every column adds 1, or with `alternate_sign` 1 or -1, to the output that its hash names.
/// Missing and unknown values add nothing.
std::shared_ptr<const RowMap> hashing(std::span<const Feature> inputs, std::size_t n_features, bool alternate_sign);

/// MurmurHash3_x86_32 with seed 0 (Austin Appleby, in the public domain), as scikit-learn's FeatureHasher takes it.
std::int32_t murmur3(std::string_view text) noexcept;

}  // namespace thrum::prepare
