#include <algorithm>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/printable.h"
#include "thrum/core/utf8_internal.h"
#include "thrum/model/foreign/foreign_parts_internal.h"

namespace thrum {

void ForeignSource::fail(const std::string& what) const {
  throw Error(ErrorCode::corrupt_data, "[" + name_ + "] " + what);
}

void ForeignSource::refuse(const std::string& what, const std::string& hint) const {
  throw Error(ErrorCode::corrupt_data, "[" + name_ + "] the model " + what + ", which cannot be converted", hint);
}

ForeignFeatures::ForeignFeatures(std::vector<std::string> names, const std::vector<CategoryNames>& categories,
                                 const ForeignSource& source)
    : source_(source), positions_(names.size()) {
  for (std::size_t j = 0; j < names.size(); ++j) {
    Feature feature{.name = std::move(names[j])};
    if (!is_utf8(feature.name)) source.fail("the name of a feature is not UTF-8");
    for (const auto& [code, name] : categories[j]) {
      if (!is_utf8(name)) source.fail("the name of a category is not UTF-8");
      feature.categories.push_back(name);
    }
    if (!feature.categories.empty()) feature.type = FeatureType::category;
    std::ranges::sort(feature.categories);
    if (std::ranges::adjacent_find(feature.categories) != feature.categories.end()) {
      source.fail(in_quotes(feature.name) + " has two categories of one name");
    }
    for (const auto& [code, name] : categories[j]) positions_[j][code] = category_code(feature.categories, name);
    features_.push_back(std::move(feature));
  }
}

std::int32_t ForeignFeatures::add_set(Tree& tree, std::size_t j, std::span<const std::int64_t> codes,
                                      bool of_others) const {
  constexpr std::size_t most_words = std::size_t{1} << 24;  // of a tree: 128 MB
  const std::size_t n = features_[j].categories.size();
  const std::size_t first = tree.category_bits.size();
  if (first + n / 64 > most_words) source_.refuse("has too large sets of categories", "");
  tree.category_bits.resize(first + (n + 63) / 64);
  const auto flip = [&](std::size_t k) { tree.category_bits[first + k / 64] ^= std::uint64_t{1} << k % 64; };
  for (std::size_t k = 0; of_others && k < n; ++k) flip(k);
  for (const std::int64_t code : codes) {
    const auto found = positions_[j].find(code);
    if (found != positions_[j].end()) flip(found->second);
  }
  return static_cast<std::int32_t>(first);
}

}  // namespace thrum
