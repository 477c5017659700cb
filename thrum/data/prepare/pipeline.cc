#include "thrum/data/prepare/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/names.h"
#include "thrum/core/printable.h"
#include "thrum/data/memory_bound_internal.h"
#include "thrum/data/prepare/column_maps_internal.h"
#include "thrum/data/prepare/prepared_rows_internal.h"
#include "thrum/data/prepare/step_rules_internal.h"
#include "thrum/data/zeroed_memory_internal.h"

namespace thrum {
namespace {

[[noreturn]] void refuse(const std::string& step, const std::string& what, const std::string& hint = "") {
  throw Error(ErrorCode::invalid_argument, fmt::format("[prepare] {}: {}", step, what), hint);
}

bool fits(std::string_view which, FeatureType type) {
  if (which == "all" || which.empty()) return true;
  return (which == "numbers") == (type == FeatureType::number);
}

std::string hint_about_column(std::string_view name, const std::vector<Feature>& features) {
  if (name == "numbers") return "all of them are type=number";
  if (name == "categories") return "all of them are type=category";
  return nearest_hint(name, Schema{features, {}}.feature_names());
}

std::size_t column_named(const PrepareStep& step, std::string_view name, const std::vector<Feature>& features) {
  const auto found = std::ranges::find(features, name, &Feature::name);
  if (found == features.end()) {
    refuse(step.name, fmt::format("there is no column {}", in_quotes(name)), hint_about_column(name, features));
  }
  return static_cast<std::size_t>(found - features.begin());
}

/// Those that it fits and that are of its type.
std::vector<std::size_t> columns_of_type(const PrepareStep& step, const std::vector<Feature>& features) {
  const std::string_view which = prepare::find_rule(step.name).which;
  if (step.type && !fits(which, *step.type)) {
    refuse(step.name, fmt::format("it works on {}, and type={} chooses others", which,
                                  *step.type == FeatureType::number ? "number" : "category"));
  }
  std::vector<std::size_t> columns;
  for (std::size_t j = 0; j < features.size(); ++j) {
    if (step.type ? features[j].type == *step.type : fits(which, features[j].type)) columns.push_back(j);
  }
  return columns;
}

std::vector<std::size_t> columns_named(const PrepareStep& step, const std::vector<Feature>& features) {
  const std::string_view which = prepare::find_rule(step.name).which;
  std::vector<std::size_t> columns;
  for (std::size_t begin = 0; begin <= step.columns.size();) {
    const std::size_t end = std::min(step.columns.find('|', begin), step.columns.size());
    const std::size_t j = column_named(step, std::string_view(step.columns).substr(begin, end - begin), features);
    if (!fits(which, features[j].type)) {
      refuse(step.name, fmt::format("it works on {}, and {} is not one", which, in_quotes(features[j].name)));
    }
    columns.push_back(j);
    begin = end + 1;
  }
  std::ranges::sort(columns);
  columns.erase(std::ranges::unique(columns).begin(), columns.end());
  return columns;
}

/// The columns that a step works on: those it names, or those it fits.
std::vector<std::size_t> chosen_columns(const PrepareStep& step, const std::vector<Feature>& features) {
  if (!step.columns.empty() && step.type) refuse(step.name, "columns=… and type=… exclude each other");
  if (!step.columns.empty()) return columns_named(step, features);
  if (prepare::find_rule(step.name).which.empty() && !step.type) {
    refuse(step.name, "expected columns=…", "name columns with | between them, or type=number or type=category");
  }
  return columns_of_type(step, features);
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
    refuse(step,
           fmt::format("the column {} leads to numbers that are not finite, or out of order", in_quotes(input.name)),
           "leave out infinite and extreme values, or the column: columns=…");
  }
}

/// In place of one input.
constexpr std::size_t several = std::numeric_limits<std::size_t>::max();

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

/// Columns while they are prepared: numbers, and the codes of categories.
class PreparedColumns {
 public:
  PreparedColumns(const std::vector<Feature>& features, std::size_t n_rows, const Execution& execution)
      : features_(features), n_rows_(n_rows), in_memory_(execution.scratch == nullptr) {
    Scratch* const scratch = execution.scratch;
    if (in_memory_) {
      check_memory(std::uint64_t{8} * n_rows * features.size(),
                   fmt::format("[prepare] what the steps make of {} rows, {} columns,", n_rows, features.size()),
                   "make fewer columns, or use fewer rows");
    }
    const auto n_numbers = std::ranges::count(features, FeatureType::number, &Feature::type);
    numbers_ = column_values<double>(n_rows, static_cast<std::size_t>(n_numbers), scratch);
    for (std::size_t n = features.size() - numbers_.size(); n > 0; --n)
      codes_.push_back(column_values<std::int32_t>(n_rows, scratch));
    if (in_memory_) touch(execution);
  }

  /// Makes rows from `first` on: `make` writes to the view that it is given, (n_columns, n) zeros.
  template <class Make>
  void fill(std::size_t first, std::size_t n, std::vector<double>& buffer, Make make) {
    if (in_memory_ && codes_.empty()) return make(in_place(first, n));
    buffer.assign(features_.size() * n, 0);
    const MatrixView<double> made(buffer.data(), features_.size(), n);
    make(made);
    store(first, made);
  }

  std::vector<Column> columns() && {
    auto numbers = numbers_.begin();
    auto codes = codes_.begin();
    std::vector<Column> columns;
    for (const Feature& feature : features_) {
      columns.push_back(feature.type == FeatureType::number
                            ? Column::stored(feature.name, std::move(*numbers++))
                            : Column::stored(feature.name, std::move(*codes++), feature.categories));
    }
    return columns;
  }

 private:
  /// The system makes pages where they are first written to. The first row of many columns would make all of them, on
  /// one thread that nothing can stop.
  void touch(const Execution& execution) {
    constexpr std::size_t page = 4096 / sizeof(double);
    parallel_for(
        *execution.arena, numbers_.size(), 1,
        [&](std::size_t j, std::size_t) {
          for (std::size_t i = 0; i < n_rows_; i += page) numbers_[j].data()[i] = 0;
        },
        execution.stop);
  }

  /// Numbers alone lie side by side.
  MatrixView<double> in_place(std::size_t first, std::size_t n) {
    double* const begin = numbers_.front().data();
    const auto stride = numbers_.size() == 1 ? n_rows_ : static_cast<std::size_t>(numbers_[1].data() - begin);
    return {begin + first, numbers_.size(), n, stride};
  }

  void store(std::size_t first, MatrixView<const double> made) {
    auto numbers = numbers_.begin();
    auto codes = codes_.begin();
    for (std::size_t j = 0; j < features_.size(); ++j) {
      const std::span<const double> values = made.row(j);
      if (features_[j].type == FeatureType::number) {
        std::ranges::copy(values, (numbers++)->data() + first);
      } else {
        const auto n_categories = static_cast<double>(features_[j].categories.size());
        std::ranges::transform(values, (codes++)->data() + first, [&](double value) {
          return value >= 0 && value < n_categories ? static_cast<std::int32_t>(value) : -1;
        });
      }
    }
  }

  const std::vector<Feature>& features_;
  std::size_t n_rows_;
  bool in_memory_;
  std::vector<ColumnValues<double>> numbers_;
  std::vector<ColumnValues<std::int32_t>> codes_;
};

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
      refuse(name, fmt::format("two columns would be called {}", in_quotes(feature.name)));
  }
}

Pipeline Pipeline::fit(const Dataset& dataset, std::span<const std::uint8_t> row_mask,
                       std::span<const PrepareStep> steps, const Execution& execution) {
  Pipeline pipeline(dataset.schema().features);
  for (const PrepareStep& step : steps) {
    execution.check_stop("prepare");
    pipeline.mark_refusals(step);
    pipeline.steps_.push_back(fit_step(step, pipeline, dataset, row_mask, execution));
  }
  return pipeline;
}

void Pipeline::mark_refusals(const PrepareStep& step) {
  const prepare::RefusesUnknown refuses = prepare::find_rule(step.name).refuses_unknown;
  if (refuses == nullptr || !refuses(step.options)) return;
  const std::vector<std::size_t> sources = all_sources();
  for (const std::size_t j : chosen_columns(step, outputs())) inputs_[sources[j]].refuses_unknown = true;
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

std::vector<std::size_t> Pipeline::all_sources() const {
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
  return sources;
}

std::optional<std::vector<std::size_t>> Pipeline::sources() const {
  std::vector<std::size_t> sources = all_sources();
  if (std::ranges::find(sources, several) != sources.end()) return std::nullopt;
  return sources;
}

template <class ApplyMap>
void Pipeline::run(MatrixView<const double> columns, MatrixView<double> out, ApplyMap apply_map) const {
  thread_local std::vector<double> from, to, together, made_together;  // between steps, and of one row
  const std::size_t n = columns.cols();
  if (steps_.empty()) {
    for (std::size_t j = 0; j < columns.rows(); ++j) std::ranges::copy(columns.row(j), out.row(j).begin());
  }
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    const Step& step = steps_[s];
    MatrixView<double> made = out;
    if (s + 1 < steps_.size()) {
      to.assign(step.outputs.size() * n, 0);
      made = {to.data(), step.outputs.size(), n};
    }
    std::size_t k = 0;
    for (std::size_t j = 0; j < columns.rows(); ++j) {
      if (step.maps[j] == nullptr) {
        std::ranges::copy(columns.row(j), made.row(k).begin());
      } else {
        apply_map(*step.maps[j], columns.row(j), made.row_range(k, k + step.widths[j]));
      }
      k += step.widths[j];
    }
    if (step.joint != nullptr) {
      made_together.resize(step.outputs.size() - k);
      for (std::size_t i = 0; i < n; ++i) {
        together.clear();
        for (const std::size_t j : step.joint_columns) together.push_back(columns(j, i));
        step.joint->apply(together, made_together.data());
        for (std::size_t m = 0; m < made_together.size(); ++m) made(k + m, i) = made_together[m];
      }
    }
    from.swap(to);
    columns = {from.data(), step.outputs.size(), n};
  }
}

std::size_t Pipeline::rows_at_once() const {
  constexpr std::size_t numbers = 8192;  // that stay in the first caches
  std::size_t most = std::max<std::size_t>(inputs().size(), 1);
  for (const Step& step : steps_) most = std::max(most, step.outputs.size());
  return std::clamp<std::size_t>(numbers / most, 1, 128);
}

void Pipeline::apply_to_columns(MatrixView<const double> columns, MatrixView<double> out) const {
  THRUM_ASSERT(columns.rows() == inputs().size() && out.rows() == outputs().size());
  const std::size_t tile = rows_at_once();
  for (std::size_t begin = 0; begin < columns.cols(); begin += tile) {
    const std::size_t n = std::min(tile, columns.cols() - begin);
    const auto part = [&](auto whole) {
      return decltype(whole)(whole.data() + begin, whole.rows(), n, whole.stride());
    };
    run(part(columns), part(out),
        [](const ColumnMap& map, std::span<const double> x, MatrixView<double> made) { map.apply(x, made); });
  }
}

void Pipeline::apply(MatrixView<const double> rows, MatrixView<double> out) const {
  thread_local std::vector<double> raw, prepared;
  const std::size_t tile = rows_at_once();
  for (std::size_t begin = 0; begin < rows.rows(); begin += tile) {
    const std::size_t n = std::min(tile, rows.rows() - begin);
    raw.resize(n * rows.cols());
    prepared.assign(n * out.cols(), 0);
    const MatrixView<double> columns(raw.data(), rows.cols(), n), made(prepared.data(), out.cols(), n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < rows.cols(); ++j) columns(j, i) = rows(begin + i, j);
    }
    apply_to_columns(columns, made);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < out.cols(); ++j) out(begin + i, j) = made(j, i);
    }
  }
}

template <class Apply>
Dataset Pipeline::prepare_rows(const Dataset& dataset, const Execution& execution, Apply apply) const {
  PreparedColumns prepared(outputs(), dataset.n_rows(), execution);
  const std::size_t tile = rows_at_once();
  parallel_for(
      *execution.arena, dataset.n_rows(), row_block,
      [&](std::size_t begin, std::size_t end) {
        std::vector<double> raw(tile * inputs().size()), buffer;
        for (std::size_t first = begin; first < end; first += tile) {
          const std::size_t n = std::min(tile, end - first), row = dataset.first_row() + first;
          const MatrixView<double> columns(raw.data(), inputs().size(), n);
          for (std::size_t j = 0; j < columns.rows(); ++j) dataset.reader().read_feature(j, row, columns.row(j));
          prepared.fill(first, n, buffer, [&](MatrixView<double> out) { apply(row, columns, out); });
          execution.keep_within_limit();
        }
      },
      execution.stop);
  auto table = std::make_shared<const Table>(std::move(prepared).columns(), "the prepared table");
  return dataset.with_features(std::move(table), outputs());
}

Dataset Pipeline::prepare_training(const Dataset& dataset, const Execution& execution) const {
  return prepare_rows(
      dataset, execution, [&](std::size_t first, MatrixView<const double> columns, MatrixView<double> out) {
        run(columns, out, [first](const ColumnMap& map, std::span<const double> x, MatrixView<double> made) {
          map.apply_to_training(first, x, made);
        });
      });
}

Dataset Pipeline::prepare(const Dataset& dataset, const Execution& execution) const {
  const bool refuses = std::ranges::any_of(inputs_, &Feature::refuses_unknown);
  const Dataset rows = refuses ? dataset.read_as(inputs_) : dataset;
  return prepare_rows(rows, execution, [&](std::size_t, MatrixView<const double> columns, MatrixView<double> out) {
    apply_to_columns(columns, out);
  });
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
