#include <fmt/format.h>

#include <algorithm>

#include "thrum/learn/linear/encoded_fits_internal.h"

namespace thrum {
namespace {

bool same_encoding(const Encoder& a, const Encoder& b) {
  const auto same = [](const Encoder::FeatureEncoding& x, const Encoder::FeatureEncoding& y) {
    return x.mean == y.mean && x.scale == y.scale && x.fill == y.fill && x.missing_column == y.missing_column &&
           x.ignored_deviation == y.ignored_deviation;
  };
  return std::ranges::equal(a.encodings(), b.encodings(), same);
}

}  // namespace

bool same_rows(const FitSpec& a, const FitSpec& b) {
  return std::ranges::equal(a.row_mask, b.row_mask) && std::ranges::equal(a.weights, b.weights);
}

std::vector<EncodedFits> encode_fits(const Dataset& dataset, std::span<const FitSpec> specs,
                                     std::span<const EncodingOptions> options, const Execution& execution) {
  std::vector<EncodedFits> groups;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const auto seen = std::ranges::find_if(groups, [&](const EncodedFits& group) {
      return group.options == options[i] &&
             std::ranges::any_of(group.specs, [&](std::size_t k) { return same_rows(specs[k], specs[i]); });
    });
    if (seen != groups.end()) {
      seen->specs.push_back(i);
      continue;
    }
    Encoder encoder = Encoder::fit(dataset, specs[i].row_mask, specs[i].weights, options[i].standardize, execution);
    const auto equal = std::ranges::find_if(groups, [&](const EncodedFits& group) {
      return group.options == options[i] && same_encoding(group.encoder, encoder);
    });
    if (equal != groups.end()) {
      equal->specs.push_back(i);
    } else {
      groups.push_back({std::move(encoder), options[i], {i}});
    }
  }
  return groups;
}

std::vector<std::string> ignored_features(const Schema& schema, const Encoder& encoder) {
  std::vector<std::string> sentences;
  for (std::size_t j = 0; j < encoder.n_features(); ++j) {
    const Encoder::FeatureEncoding& encoding = encoder.encodings()[j];
    if (encoding.ignored_deviation == 0) continue;
    sentences.push_back(
        fmt::format("column \"{}\" deviates from {:.6g} by {:.2g} only, which rounding may explain: it counts as "
                    "constant; subtract {:.6g} from it to make use of it",
                    schema.features[j].name, encoding.mean, encoding.ignored_deviation, encoding.mean));
  }
  return sentences;
}

}  // namespace thrum
