#pragma once

#include <span>
#include <string>
#include <vector>

#include "thrum/data/encoder.h"
#include "thrum/learn/learner.h"

namespace thrum {

/// Whether two fits train on the same rows with the same weights.
bool same_rows(const FitSpec& a, const FitSpec& b);

/// What two fits must have in common to share a design matrix, beside the encoder.
struct EncodingOptions {
  bool standardize = true;
  bool single_precision = false;
  bool operator==(const EncodingOptions&) const = default;
};

/// Fits whose encoded features are the same: by index in the list of specs.
struct EncodedFits {
  Encoder encoder;
  EncodingOptions options;
  std::vector<std::size_t> specs;
};

/// The specs in groups that can share a design matrix, in the order of their first members. `options`: one per spec.
/// One pass over the rows for each set of rows, weights and standardisation that differ (collective).
std::vector<EncodedFits> encode_fits(const Dataset& dataset, std::span<const FitSpec> specs,
                                     std::span<const EncodingOptions> options, const Execution& execution);

/// A sentence for each number that varies but counts as constant.
std::vector<std::string> ignored_features(const Schema& schema, const Encoder& encoder);

}  // namespace thrum
