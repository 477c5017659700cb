#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "thrum/data/table.h"

namespace thrum::test {

/// A column of categories, in which empty texts are missing.
inline Column texts(std::string name, const std::vector<std::string>& values) {
  std::vector<std::uint8_t> missing;
  for (const std::string& value : values) missing.push_back(value.empty() ? 1 : 0);
  return Column::category_from(std::move(name), values, missing);
}

}  // namespace thrum::test
