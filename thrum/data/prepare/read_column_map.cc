#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/printable.h"
#include "thrum/data/prepare/column_maps_internal.h"

namespace thrum {
namespace {

/// The members of one stored map, checked as they are read.
class MapReader {
 public:
  MapReader(const Json& json, const Feature& input, std::string_view where)
      : json_(json), input_(input), where_(where) {}

  [[noreturn]] void fail(std::string_view what) const {
    throw Error(ErrorCode::corrupt_data,
                fmt::format("[{}] prepares the column {} wrongly: {}", where_, in_quotes(input_.name), what));
  }
  void require(bool holds, std::string_view what) const {
    if (!holds) fail(what);
  }
  const Json& member(std::string_view key) const { return json_member(json_, key, where_); }

  double number(std::string_view key) const {
    const double value = number_from_json(member(key), where_);
    require(!std::isnan(value), "a number is missing");
    return value;
  }
  double finite(std::string_view key) const {
    const double value = number(key);
    require(std::isfinite(value), "a number is infinite");
    return value;
  }
  bool boolean(std::string_view key) const {
    require(member(key).is_boolean(), "a value is of the wrong type");
    return member(key).get<bool>();
  }
  std::vector<double> numbers(std::string_view key) const {
    require(member(key).is_array(), "a value is of the wrong type");
    std::vector<double> values;
    for (const Json& value : member(key)) {
      values.push_back(number_from_json(value, where_));
      require(!std::isinf(values.back()), "a number is infinite");
    }
    return values;
  }
  std::vector<double> ascending_numbers(std::string_view key, std::size_t at_least) const {
    std::vector<double> values = numbers(key);
    const bool in_order =
        std::ranges::is_sorted(values) && std::ranges::none_of(values, [](double x) { return std::isnan(x); });
    require(values.size() >= at_least && in_order, "numbers are not in order");
    return values;
  }
  std::vector<std::string> texts(std::string_view key) const {
    require(member(key).is_array(), "a value is of the wrong type");
    std::vector<std::string> values;
    for (const Json& value : member(key)) {
      require(value.is_string(), "a value is of the wrong type");
      values.push_back(value.get<std::string>());
    }
    return values;
  }

  void require_type(FeatureType type) const {
    require(input_.type == type, type == FeatureType::number ? "it is no number" : "it has no categories");
  }

 private:
  const Json& json_;
  const Feature& input_;
  std::string_view where_;
};

std::shared_ptr<const ColumnMap> read_recode(const MapReader& reader, const Feature& input) {
  reader.require_type(FeatureType::category);
  Feature output{input.name, FeatureType::category, reader.texts("categories")};
  reader.require(!output.categories.empty() && std::ranges::is_sorted(output.categories, std::less_equal<>()),
                 "categories are not in order");
  std::vector<std::uint32_t> codes;
  for (const Json& code : reader.member("codes")) {
    reader.require(code.is_number_unsigned() && code.get<std::uint64_t>() <= output.categories.size() + 1,
                   "a code is out of range");
    codes.push_back(code.get<std::uint32_t>());
  }
  reader.require(codes.size() == input.categories.size() + 2, "the number of codes does not fit");
  return prepare::recode(std::move(codes), std::move(output));
}

std::shared_ptr<const ColumnMap> read_look_up(const MapReader& reader, const Feature& input) {
  reader.require_type(FeatureType::category);
  std::vector<std::string> names = reader.texts("names");
  std::vector<double> values = reader.numbers("values");
  reader.require(!names.empty() && values.size() == (input.categories.size() + 2) * names.size(),
                 "the number of values does not fit");
  return prepare::look_up(std::move(values), std::move(names));
}

std::shared_ptr<const ColumnMap> read_map(const MapReader& reader, const Feature& input) {
  const Json& kind = reader.member("map");
  reader.require(kind.is_string(), "a value is of the wrong type");
  const std::string name = kind.get<std::string>();
  if (name == "drop") return prepare::drop_column();
  if (name == "recode") return read_recode(reader, input);
  if (name == "look_up") return read_look_up(reader, input);
  reader.require_type(FeatureType::number);
  if (name == "affine") {
    const prepare::Affine parts{reader.finite("shift"), reader.finite("factor"), reader.number("low"),
                                reader.number("high")};
    reader.require(parts.low <= parts.high, "numbers are not in order");
    return prepare::affine(input, parts);
  }
  if (name == "binarize") return prepare::binarize(input, reader.finite("threshold"));
  if (name == "fill") return prepare::fill_number(input, reader.finite("value"), reader.boolean("indicator"));
  if (name == "bins") return prepare::bins(input, reader.ascending_numbers("cuts", 0), reader.boolean("one_hot"));
  if (name == "rank") return prepare::rank(input, reader.ascending_numbers("quantiles", 2), reader.boolean("normal"));
  if (name == "power" || name == "box_cox") {
    const auto method = name == "power" ? prepare::PowerMethod::yeo_johnson : prepare::PowerMethod::box_cox;
    reader.require(reader.finite("scale") > 0, "a scale is not positive");
    return prepare::power(input, {method, reader.finite("lambda"), reader.finite("mean"), reader.finite("scale")});
  }
  reader.fail(fmt::format("{} is no way to do it", in_quotes(name)));
}

}  // namespace

std::shared_ptr<const ColumnMap> read_column_map(std::string_view json, const Feature& input, std::string_view where) {
  const Json parsed = parse_json(json, where);
  return read_map(MapReader(parsed, input, where), input);
}

}  // namespace thrum
