#include "thrum/data/prepare/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/names.h"
#include "thrum/data/prepare/column_maps_internal.h"
#include "thrum/data/prepare/prepared_rows_internal.h"
#include "thrum/data/prepare/step_rules_internal.h"
#include "thrum/data/zeroed_memory_internal.h"

namespace thrum {
namespace {

[[noreturn]] void refuse(const std::string& step, const std::string& what, const std::string& hint = "") {
  throw Error(ErrorCode::invalid_argument, fmt::format("[prepare] {}: {}", step, what), hint);
}

bool fits(std::string_view which, const Feature& feature) {
  if (which == "all") return true;
  return (which == "numbers") == (feature.type == FeatureType::number);
}

std::vector<std::string> names_of(const std::vector<Feature>& features) {
  std::vector<std::string> names;
  for (const Feature& feature : features) names.push_back(feature.name);
  return names;
}

std::size_t column_named(const PrepareStep& step, std::string_view name, const std::vector<Feature>& features) {
  const auto found = std::ranges::find(features, name, &Feature::name);
  if (found == features.end()) {
    refuse(step.name, fmt::format("there is no column \"{}\"", name), nearest_hint(name, names_of(features)));
  }
  return static_cast<std::size_t>(found - features.begin());
}

/// The columns that a step works on: those it fits, or those it names.
std::vector<std::size_t> chosen_columns(const PrepareStep& step, const std::vector<Feature>& features) {
  const std::string_view which = prepare::find_rule(step.name).which;
  std::vector<std::size_t> columns;
  if (step.columns == "numbers" || step.columns == "categories" || step.columns == "all") {
    for (std::size_t j = 0; j < features.size(); ++j) {
      if (fits(step.columns, features[j]) && (which.empty() || fits(which, features[j]))) columns.push_back(j);
    }
    return columns;
  }
  if (step.columns.empty()) refuse(step.name, "expected columns=…", "name columns with | between them");
  for (std::size_t begin = 0; begin <= step.columns.size();) {
    const std::size_t end = std::min(step.columns.find('|', begin), step.columns.size());
    const std::size_t j = column_named(step, std::string_view(step.columns).substr(begin, end - begin), features);
    if (!which.empty() && !fits(which, features[j])) {
      refuse(step.name, fmt::format("it works on {}, and \"{}\" is not one", which, features[j].name));
    }
    columns.push_back(j);
    begin = end + 1;
  }
  std::ranges::sort(columns);
  columns.erase(std::ranges::unique(columns).begin(), columns.end());
  return columns;
}

std::vector<Feature> features_at(const std::vector<Feature>& features, const std::vector<std::size_t>& columns) {
  std::vector<Feature> chosen;
  for (const std::size_t j : columns) chosen.push_back(features[j]);
  return chosen;
}

/// What a model file may not hold is refused before anything is trained on it: values or options that lead to infinite
/// numbers.
void require_readable(const std::string& step, const ColumnMap& map, const Feature& input) {
  try {
    read_column_map(map.to_json(), input, "prepare");
  } catch (const Error&) {
    refuse(step, fmt::format("the column \"{}\" leads to numbers that are not finite, or out of order", input.name),
           "leave out infinite and extreme values, or the column: columns=…");
  }
}

/// The columns that a stored step takes together, ascending.
std::vector<std::size_t> joint_columns(const Json& joint, std::size_t n_columns, std::string_view where) {
  const Json& list = json_member(joint, "columns", where);
  const auto refuse_columns = [&] {
    throw Error(ErrorCode::corrupt_data, fmt::format("[{}] prepares columns that are not there", where));
  };
  if (!list.is_array()) refuse_columns();
  std::vector<std::size_t> columns;
  for (const Json& column : list) {
    const bool fits = column.is_number_unsigned() && column.get<std::uint64_t>() < n_columns &&
                      (columns.empty() || column.get<std::uint64_t>() > columns.back());
    if (!fits) refuse_columns();
    columns.push_back(column.get<std::size_t>());
  }
  return columns;
}

/// A column while it is prepared: numbers, or the codes of categories.
class PreparedColumn {
 public:
  PreparedColumn(const Feature& feature, ColumnValues<double> numbers)
      : feature_(&feature), numbers_(std::move(numbers)) {}
  PreparedColumn(const Feature& feature, ColumnValues<std::int32_t> codes)
      : feature_(&feature), codes_(std::move(codes)) {}

  /// Column j of `rows`, from row `first` on.
  void store(std::size_t first, MatrixView<const double> rows, std::size_t j) {
    if (feature_->type == FeatureType::number) {
      double* const out = numbers_.data() + first;
      for (std::size_t i = 0; i < rows.rows(); ++i) out[i] = rows(i, j);
    } else {
      for (std::size_t i = 0; i < rows.rows(); ++i) codes_.data()[first + i] = code(rows(i, j));
    }
  }

  Column column() && {
    if (feature_->type == FeatureType::number) return Column::stored(feature_->name, std::move(numbers_));
    return Column::stored(feature_->name, std::move(codes_), feature_->categories);
  }

 private:
  std::int32_t code(double value) const {
    const bool is_known = value >= 0 && value < static_cast<double>(feature_->categories.size());
    return is_known ? static_cast<std::int32_t>(value) : -1;
  }

  const Feature* feature_;
  ColumnValues<double> numbers_;
  ColumnValues<std::int32_t> codes_;
};

std::vector<PreparedColumn> columns_to_fill(const std::vector<Feature>& features, std::size_t n_rows,
                                            Scratch* scratch) {
  const auto n_numbers = std::ranges::count(features, FeatureType::number, &Feature::type);
  auto numbers = column_values<double>(n_rows, static_cast<std::size_t>(n_numbers), scratch);
  auto next = numbers.begin();
  std::vector<PreparedColumn> columns;
  for (const Feature& feature : features) {
    if (feature.type == FeatureType::number) {
      columns.emplace_back(feature, std::move(*next++));
    } else {
      columns.emplace_back(feature, column_values<std::int32_t>(n_rows, scratch));
    }
  }
  return columns;
}

}  // namespace

void Pipeline::Step::set_outputs(const std::vector<Feature>& inputs) {
  for (std::size_t j = 0; j < inputs.size(); ++j) {
    const std::vector<Feature> made = maps[j] == nullptr ? std::vector{inputs[j]} : maps[j]->outputs();
    widths.push_back(made.size());
    outputs.insert(outputs.end(), made.begin(), made.end());
  }
  if (joint != nullptr) {
    const std::vector<Feature> made = joint->outputs();
    outputs.insert(outputs.end(), made.begin(), made.end());
  }
  if (outputs.empty()) refuse(name, "no column is left");
  std::unordered_set<std::string_view> names;
  for (const Feature& feature : outputs) {
    if (!names.insert(feature.name).second)
      refuse(name, fmt::format("two columns would be called \"{}\"", feature.name));
  }
}

Pipeline Pipeline::fit(const Dataset& dataset, std::span<const std::uint8_t> row_mask,
                       std::span<const PrepareStep> steps, const Execution& execution) {
  Pipeline pipeline(dataset.schema().features);
  for (const PrepareStep& step : steps) {
    execution.check_stop("prepare");
    pipeline.steps_.push_back(fit_step(step, pipeline, dataset, row_mask, execution));
  }
  return pipeline;
}

Pipeline::Step Pipeline::fit_step(const PrepareStep& step, const Pipeline& before, const Dataset& dataset,
                                  std::span<const std::uint8_t> row_mask, const Execution& execution) {
  const std::vector<Feature>& inputs = before.outputs();
  const std::vector<std::size_t> columns = chosen_columns(step, inputs);
  const prepare::PreparedRows rows(dataset, row_mask, before, execution);
  Step fitted{.name = step.name, .maps = std::vector<std::shared_ptr<const ColumnMap>>(inputs.size())};
  const prepare::StepRule& rule = prepare::find_rule(step.name);
  if (!columns.empty() && rule.fit_joint != nullptr) {
    fitted.joint = rule.fit_joint(features_at(inputs, columns), step.options);
    fitted.joint_columns = columns;
    for (const std::size_t c : columns) fitted.maps[c] = prepare::drop_column();
  } else if (!columns.empty()) {
    auto maps = rule.fit(rows, columns, step.options);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (maps[c] != nullptr) require_readable(step.name, *maps[c], inputs[columns[c]]);
      fitted.maps[columns[c]] = std::move(maps[c]);
    }
  }
  fitted.set_outputs(inputs);
  return fitted;
}

std::optional<std::size_t> Pipeline::unchanged_input(std::size_t j) const {
  for (std::size_t s = steps_.size(); s-- > 0;) {
    const Step& step = steps_[s];
    std::size_t input = 0;
    for (; input < step.widths.size() && j >= step.widths[input]; ++input) j -= step.widths[input];
    if (input == step.widths.size() || step.maps[input] != nullptr) return std::nullopt;
    j = input;
  }
  return j;
}

std::optional<std::vector<std::size_t>> Pipeline::sources() const {
  constexpr std::size_t several = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> sources(inputs_.size());
  std::iota(sources.begin(), sources.end(), std::size_t{0});
  for (const Step& step : steps_) {
    std::vector<std::size_t> next;
    for (std::size_t j = 0; j < sources.size(); ++j) next.insert(next.end(), step.widths[j], sources[j]);
    std::size_t common = step.joint_columns.empty() ? several : sources[step.joint_columns.front()];
    for (const std::size_t j : step.joint_columns) common = sources[j] == common ? common : several;
    next.resize(step.outputs.size(), common);
    sources = std::move(next);
  }
  if (std::ranges::find(sources, several) != sources.end()) return std::nullopt;
  return sources;
}

template <class ApplyMap>
void Pipeline::run(MatrixView<const double> rows, MatrixView<double> out, ApplyMap apply_map) const {
  thread_local std::vector<double> from, to, together;  // of one row, between steps
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    std::span<const double> values = rows.row(i);
    if (steps_.empty()) std::ranges::copy(values, out.row(i).begin());
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      const Step& step = steps_[s];
      const bool is_last = s + 1 == steps_.size();
      if (!is_last) to.resize(step.outputs.size());
      double* next = is_last ? out.row(i).data() : to.data();
      for (std::size_t j = 0; j < values.size(); ++j) {
        if (step.maps[j] == nullptr) {
          *next++ = values[j];
        } else {
          apply_map(*step.maps[j], i, values[j], next);
          next += step.widths[j];
        }
      }
      if (step.joint != nullptr) {
        together.clear();
        for (const std::size_t j : step.joint_columns) together.push_back(values[j]);
        step.joint->apply(together, next);
      }
      from.swap(to);
      values = from;
    }
  }
}

void Pipeline::apply(MatrixView<const double> rows, MatrixView<double> out) const {
  THRUM_ASSERT(rows.cols() == inputs().size() && out.cols() == outputs().size());
  run(rows, out, [](const ColumnMap& map, std::size_t, double x, double* next) { map.apply(x, next); });
}

template <class Apply>
Dataset Pipeline::prepare_rows(const Dataset& dataset, const Execution& execution, Apply apply) const {
  std::vector<PreparedColumn> made = columns_to_fill(outputs(), dataset.n_rows(), execution.scratch);
  parallel_for(
      *execution.arena, dataset.n_rows(), row_block,
      [&](std::size_t begin, std::size_t end) {
        // A tile at a time, which stays in the first cache while its columns are dealt out.
        constexpr std::size_t tile = 64;
        std::vector<double> raw(tile * inputs().size()), prepared(tile * outputs().size());
        for (std::size_t first = begin; first < end; first += tile) {
          const std::size_t n = std::min(tile, end - first);
          const MatrixView<double> rows(raw.data(), n, inputs().size()), out(prepared.data(), n, outputs().size());
          dataset.reader().read(dataset.first_row() + first, rows);
          apply(dataset.first_row() + first, rows, out);
          for (std::size_t j = 0; j < made.size(); ++j) made[j].store(first, out, j);
          execution.keep_within_limit();
        }
      },
      execution.stop);
  std::vector<Column> columns;
  for (PreparedColumn& column : made) columns.push_back(std::move(column).column());
  return dataset.with_features(std::make_shared<const Table>(std::move(columns), "the prepared table"), outputs());
}

Dataset Pipeline::prepare_training(const Dataset& dataset, const Execution& execution) const {
  return prepare_rows(dataset, execution,
                      [&](std::size_t first, MatrixView<const double> rows, MatrixView<double> out) {
                        run(rows, out, [first](const ColumnMap& map, std::size_t i, double x, double* next) {
                          map.apply_to_training(first + i, x, next);
                        });
                      });
}

Dataset Pipeline::prepare(const Dataset& dataset, const Execution& execution) const {
  return prepare_rows(dataset, execution,
                      [&](std::size_t, MatrixView<const double> rows, MatrixView<double> out) { apply(rows, out); });
}

std::string Pipeline::to_json() const {
  Json steps = Json::array();
  for (const Step& step : steps_) {
    Json maps = Json::array();
    for (const auto& map : step.maps) maps.push_back(map == nullptr ? Json() : Json::parse(map->to_json()));
    steps.push_back({{"step", step.name}, {"columns", std::move(maps)}});
    if (step.joint == nullptr) continue;
    steps.back()["joint"] = {{"columns", step.joint_columns}, {"map", Json::parse(step.joint->to_json())}};
  }
  return steps.dump();
}

Pipeline Pipeline::from_json(std::string_view text, std::vector<Feature> inputs, std::string_view where) {
  const auto fail = [&](std::string_view what) {
    throw Error(ErrorCode::corrupt_data, fmt::format("[{}] {}", where, what));
  };
  const Json steps = parse_json(text, where);
  if (!steps.is_array()) fail("holds a pipeline that is no list");
  Pipeline pipeline(std::move(inputs));
  for (const Json& step : steps) {
    const std::vector<Feature> before = pipeline.outputs();
    const Json& name = json_member(step, "step", where);
    const Json& columns = json_member(step, "columns", where);
    if (!name.is_string() || !columns.is_array() || columns.size() != before.size()) {
      fail("holds a step of a pipeline that does not fit its columns");
    }
    Step fitted{.name = name.get<std::string>()};
    for (std::size_t j = 0; j < before.size(); ++j) {
      fitted.maps.push_back(columns[j].is_null() ? nullptr : read_column_map(columns[j].dump(), before[j], where));
    }
    if (step.contains("joint")) {
      fitted.joint_columns = joint_columns(step["joint"], before.size(), where);
      fitted.joint = read_row_map(json_member(step["joint"], "map", where).dump(),
                                  features_at(before, fitted.joint_columns), where);
    }
    try {
      fitted.set_outputs(before);
    } catch (const Error& error) {
      fail(error.what());
    }
    pipeline.steps_.push_back(std::move(fitted));
  }
  return pipeline;
}

}  // namespace thrum
