#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "thrum/data/schema.h"
#include "thrum/data/table.h"

namespace thrum::cli {

/// The true classes of the rows of `table`, as indices into target.classes. Throws invalid_argument for a missing
/// column or value and for a class that the model does not know, naming the row.
std::vector<std::size_t> true_classes(const Target& target, const Table& table);

/// The true numbers of a regression. Throws invalid_argument for a missing column or value and for text.
std::vector<double> true_numbers(const Target& target, const Table& table);

/// The values of a column of weights; empty where `name` is. Throws invalid_argument for a column that is missing or
/// holds text, and for a value that is missing, negative or not finite.
std::vector<double> row_weights(const std::string& name, const Table& table);

}  // namespace thrum::cli
