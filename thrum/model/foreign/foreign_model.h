#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/core/bytes.h"
#include "thrum/model/model.h"

namespace thrum {

/// What the model files of other libraries do not say.
struct ForeignModelOptions {
  std::string target = "target";
  std::vector<std::string> classes = {};  ///< in the order of their numbers; {}: "0", "1", …
};

/// A tree model that LightGBM or XGBoost wrote: LightGBM's text, XGBoost's JSON or UBJSON. Thresholds, missing values,
/// categories and the order of the sums are kept: LightGBM's raw scores come out the same to the last bit, XGBoost's,
/// which are added in single precision, to the rounding of that. Not kept: probabilities of LightGBM's multiclassova
/// are made to add up to 1; a category that no row of the training had goes the way of missing values. The columns of
/// the data are matched by the names in the model; categories that were numbers are called by these. Throws io;
/// corrupt_data for a damaged file, and for a model that cannot be represented, saying why; invalid_argument for
/// classes that do not fit.
std::unique_ptr<Model> import_model(const std::filesystem::path& path, const ForeignModelOptions& options = {});
/// The same from bytes in memory; `source` names them in messages.
std::unique_ptr<Model> import_model(ByteSpan bytes, std::string_view source, const ForeignModelOptions& options = {});

}  // namespace thrum
