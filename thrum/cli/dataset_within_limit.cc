#include "thrum/cli/dataset_within_limit.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "thrum/data/zeroed_memory_internal.h"

namespace thrum::cli {
namespace {

bool is_feature(const Column& column, const Dataset::Options& options) {
  const std::string& name = column.name();
  return name != options.target && name != options.weight && name != options.query &&
         std::ranges::find(options.exclude, name) == options.exclude.end();
}

std::vector<Feature> infer_features(std::vector<Column> columns, const std::string& source) {
  return Schema::infer(Table(std::move(columns), source), "", Task::anomaly).features;
}

std::vector<Feature> infer_features(const Table& table, const Dataset::Options& options, Scratch& scratch) {
  std::vector<Feature> features;
  std::vector<Column> some;
  for (std::size_t c = 0; c < table.n_columns(); ++c) {
    if (is_feature(table.columns()[c], options)) some.push_back(table.columns()[c]);
    if (some.empty() || (some.size() < columns_between_looks && c + 1 < table.n_columns())) continue;
    for (Feature& feature : infer_features(std::exchange(some, {}), table.source())) {
      features.push_back(std::move(feature));
    }
    scratch.keep_within_limit();
  }
  return features;
}

/// The columns that are no features, and one that is.
std::shared_ptr<const Table> with_one_feature(const Table& table, const Dataset::Options& options) {
  std::vector<Column> columns;
  bool has_one = false;
  for (const Column& column : table.columns()) {
    if (is_feature(column, options) && std::exchange(has_one, true)) continue;
    columns.push_back(column);
  }
  return std::make_shared<const Table>(std::move(columns), table.source());
}

/// So that a name that is not there is compared with all that are.
void check_names(const Table& table, const Dataset::Options& options) {
  for (const std::string& name : {options.target, options.weight, options.query}) {
    if (!name.empty()) table.column(name);
  }
  for (const std::string& name : options.exclude) table.column(name);
}

}  // namespace

Dataset dataset_within_limit(const std::shared_ptr<const Table>& table, const Dataset::Options& options,
                             Scratch& scratch) {
  check_names(*table, options);
  Schema schema = Dataset(with_one_feature(*table, options), options).schema();
  schema.features = infer_features(*table, options, scratch);
  return Dataset::by_schema(table, schema, options.weight);
}

}  // namespace thrum::cli
