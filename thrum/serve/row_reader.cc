#include "thrum/serve/row_reader_internal.h"

#include <numeric>
#include <string>

#include "thrum/serve/http_request.h"

namespace thrum::serving {
namespace {

HttpError too_many_rows(std::size_t limit) {
  return {413, "[predict] more than " + std::to_string(limit) + " rows in one request",
          "send them in several requests"};
}

}  // namespace

RowReader::RowReader(const FeatureCells& cells, std::size_t limit_rows)
    : cells_(cells), limit_rows_(limit_rows), named_(cells) {}

Rows RowReader::read_rows(std::string_view name, const JsonElement& rows) {
  n_rows_ = 0;
  for (const JsonElement row : as_array({name}, rows, "one object of features, or one list of values, per row")) {
    const Place place{name, n_rows_};
    if (row.is_object()) {
      read_record(place, row.get_object().value(), add_row());
    } else if (row.is_array()) {
      read_list(place, row.get_array().value(), add_row());
    } else {
      refuse_at(place, "expected an object of features or a list of " + std::to_string(cells_.size()) +
                           " values, got " + described(row));
    }
  }
  finish(name);
  return this->rows();
}

Rows RowReader::read_records(std::string_view name, const JsonElement& records) {
  n_rows_ = 0;
  for (const JsonElement record : as_array({name}, records, "one object of features per row")) {
    const Place place{name, n_rows_};
    read_record(place, as_object(place, record), add_row());
  }
  finish(name);
  return rows();
}

Rows RowReader::read_split(std::string_view name, const JsonElement& frame) {
  JsonMember members[] = {{"columns"}, {"data"}, {"index"}};
  find_members(as_object({name}, frame, R"({"columns": ["feature", …], "data": [[value, …], …]})"), {name}, members);
  if (!members[1].is_given) refuse_at({name}, R"(the key "data" is missing)");
  read_order(name, members[0]);
  const std::string data = std::string(name) + ".data";
  n_rows_ = 0;
  for (const JsonElement row : as_array({data}, members[1].value)) {
    const Place place{data, n_rows_};
    read_ordered(place, as_array(place, row), add_row());
  }
  finish(data);
  return rows();
}

Rows RowReader::read_columns(std::string_view name, const JsonElement& columns) {
  const JsonObject object = as_object({name}, columns, R"({"feature": [value, …], …})");
  named_.clear();
  n_rows_ = 0;
  for (const auto column : object) {
    const std::size_t feature = named_.add({name}, column.key);
    const std::string place = std::string(name) + "." + std::string(column.key);
    const JsonArray values = as_array({place}, column.value);
    const std::size_t n = size_of(values);
    if (n_rows_ == 0) begin({place}, n);
    if (n != n_rows_) {
      refuse_at({place},
                "expected " + std::to_string(n_rows_) + " values as in the other columns, got " + std::to_string(n));
    }
    read_column(place, feature, values);
  }
  named_.require_all({name});
  return rows();
}

MatrixView<double> RowReader::begin(const Place& place, std::size_t n_rows) {
  if (n_rows == 0) refuse_at(place, "there is no row", "send at least one");
  if (n_rows > limit_rows_) throw too_many_rows(limit_rows_);
  values_.resize(n_rows * cells_.size());
  n_rows_ = n_rows;
  return {values_.data(), n_rows, cells_.size()};
}

double* RowReader::add_row() {
  if (n_rows_ == limit_rows_) throw too_many_rows(limit_rows_);
  const std::size_t begin = n_rows_++ * cells_.size();
  if (values_.size() < begin + cells_.size()) values_.resize(begin + cells_.size());
  return values_.data() + begin;
}

void RowReader::finish(std::string_view name) const {
  if (n_rows_ == 0) refuse_at({name}, "there is no row", "send at least one");
}

void RowReader::read_record(const Place& place, const JsonObject& record, double* values) {
  named_.clear();
  for (const auto field : record) {
    const std::size_t feature = named_.add(place, field.key);
    values[feature] = read_cell(place, feature, field.value);
  }
  named_.require_all(place);
}

void RowReader::read_list(const Place& place, const JsonArray& list, double* values) const {
  if (const std::size_t size = size_of(list); size != cells_.size()) {
    refuse_at(place, "expected " + std::to_string(cells_.size()) + " values, got " + std::to_string(size),
              "one for each feature in the order of the model, or an object by name");
  }
  std::size_t j = 0;
  for (const JsonElement value : list) {
    values[j] = read_cell(place, j, value);
    ++j;
  }
}

void RowReader::read_ordered(const Place& place, const JsonArray& list, double* values) const {
  if (const std::size_t size = size_of(list); size != order_.size()) {
    refuse_at(place,
              "expected " + std::to_string(order_.size()) + " values, one per column, got " + std::to_string(size));
  }
  std::size_t column = 0;
  for (const JsonElement value : list) {
    const std::size_t feature = order_[column];
    const auto cell = cells_.read(feature, value);
    if (!cell) cells_.refuse_value(place.text() + Place{"", column}.text(), feature, described(value));
    values[feature] = *cell;
    ++column;
  }
}

void RowReader::read_column(std::string_view name, std::size_t feature, const JsonArray& column) {
  std::size_t row = 0;
  for (const JsonElement value : column) {
    values_[row * cells_.size() + feature] = read_cell({name, row}, feature, value);
    ++row;
  }
}

void RowReader::read_order(std::string_view name, const JsonMember& columns) {
  order_.resize(cells_.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  if (!columns.is_given) return;
  const std::string place = std::string(name) + ".columns";
  order_.clear();
  named_.clear();
  for (const JsonElement column : as_array({place}, columns.value)) {
    order_.push_back(named_.add({place}, as_text({place, order_.size()}, column)));
  }
  named_.require_all({place});
}

double RowReader::read_cell(const Place& place, std::size_t feature, const JsonElement& value) const {
  const auto cell = cells_.read(feature, value);
  if (!cell) cells_.refuse_value(place.text(), feature, described(value));
  return *cell;
}

}  // namespace thrum::serving
