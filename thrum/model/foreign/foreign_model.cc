#include "thrum/model/foreign/foreign_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/utf8_internal.h"
#include "thrum/model/foreign/lightgbm_internal.h"
#include "thrum/model/foreign/ubjson_internal.h"
#include "thrum/model/foreign/xgboost_internal.h"
#include "thrum/model/tree/tree_model.h"
#include "thrum/runtime/file_copy.h"

namespace thrum {
namespace {

ForeignParts read_parts(ByteSpan bytes, const ForeignSource& source) {
  const std::string_view text = text_of(bytes);
  if (text.starts_with("tree\n") || text.starts_with("tree\r\n")) return read_lightgbm(text, source);
  // The key of the first member follows: in JSON in quotes, in UBJSON its length, a number with a type.
  if (text.starts_with("{") && text.find_first_of("iUIlL", 1) == 1)
    return read_xgboost(parse_ubjson(bytes, source.name()), source);
  if (text.starts_with("{")) return read_xgboost(parse_json(text, source.name()), source);
  throw Error(ErrorCode::corrupt_data,
              "[" + source.name() + "] expected a model as LightGBM's text or XGBoost's JSON or UBJSON",
              "write it with save_model(\"model.txt\") or save_model(\"model.json\")");
}

std::vector<std::string> class_names(std::size_t n, const ForeignModelOptions& options, const ForeignSource& source) {
  if (options.classes.empty()) {
    std::vector<std::string> names;
    for (std::size_t k = 0; k < n; ++k) names.push_back(std::to_string(k));
    return names;
  }
  if (options.classes.size() == n) return options.classes;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[{}] the model has {} classes, {} are named", source.name(), n, options.classes.size()));
}

void check_names(const ForeignModelOptions& options, const ForeignSource& source) {
  const bool all_utf8 = is_utf8(options.target) && std::ranges::all_of(options.classes, is_utf8);
  if (!all_utf8)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] the names of target and classes are not UTF-8", source.name()));
}

Schema schema_of(const ForeignParts& parts, const ForeignModelOptions& options, const ForeignSource& source) {
  check_names(options, source);
  Schema schema{.features = parts.features, .target = {.name = options.target, .task = parts.task}};
  if (parts.task == Task::classification) {
    schema.target.classes = class_names(parts.n_classes, options, source);
  } else if (!options.classes.empty()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] the model is a regression, which has no classes", source.name()));
  }
  return Schema::from_json(schema.to_json(), source.name());  // which checks names
}

}  // namespace

std::unique_ptr<Model> import_model(ByteSpan bytes, std::string_view name, const ForeignModelOptions& options) {
  const ForeignSource source(name);
  ForeignParts parts = read_parts(bytes, source);
  Schema schema = schema_of(parts, options, source);
  if (const std::string fault = fault_of(parts.ensemble, schema); !fault.empty()) source.fail("the model " + fault);
  TrainingRecord training{.n_rows = parts.n_rows, .iterations = parts.iterations, .converged = true};
  training.stopped_by = "converted from " + parts.library;
  return std::make_unique<TreeModel>(TreeModel::Parts{.algorithm = std::move(parts.algorithm),
                                                      .schema = std::move(schema),
                                                      .ensemble = std::move(parts.ensemble),
                                                      .training = std::move(training)});
}

std::unique_ptr<Model> import_model(const std::filesystem::path& path, const ForeignModelOptions& options) {
  const FileCopy file(path);
  return import_model(file.bytes(), path.string(), options);
}

}  // namespace thrum
