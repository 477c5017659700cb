#include "thrum/serve/inference_reader_internal.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

#include "thrum/core/printable.h"
#include "thrum/serve/json_text_internal.h"

namespace thrum::serving {
namespace {

constexpr std::string_view tensor_form = R"({"name": …, "shape": […], "datatype": …, "data": […]})";

std::string shape_text(std::size_t n_rows, std::size_t n_columns, bool is_vector) {
  return "[" + std::to_string(n_rows) + (is_vector ? "" : ", " + std::to_string(n_columns)) + "]";
}

std::string number_text(double number) {
  std::string text;
  append_json_number(text, number);
  return text;
}

}  // namespace

Rows InferenceReader::read(const JsonArray& inputs, std::string_view binary) {
  binary_ = binary;
  named_.clear();
  const std::size_t n_inputs = size_of(inputs);
  if (n_inputs == 0) refuse("\"inputs\" is empty", "expected " + std::string(tensor_form));
  MatrixView<double> rows;
  std::size_t index = 0;
  for (const JsonElement input : inputs) {
    Tensor tensor = parse(index, input);
    bind(tensor, n_inputs);
    if (index == 0) rows = rows_.begin(tensor.place, tensor.n_rows);
    if (tensor.n_rows != rows.rows()) {
      refuse_at(tensor.place, "expected " + std::to_string(rows.rows()) + " rows as in inputs[0], got " +
                                  std::to_string(tensor.n_rows));
    }
    read_tensor(tensor, rows);
    ++index;
  }
  if (!binary_.empty()) refuse(std::to_string(binary_.size()) + " bytes of the body belong to no input");
  return rows_.rows();
}

InferenceReader::Tensor InferenceReader::parse(std::size_t index, const JsonElement& input) {
  enum { name, shape, datatype, parameters, data };
  JsonMember members[] = {{"name"}, {"shape"}, {"datatype"}, {"parameters"}, {"data"}};
  Tensor tensor{.place = {"inputs", index}};
  find_members(as_object(tensor.place, input, tensor_form), tensor.place, members, UnknownMembers::ignored);
  for (const int required : {name, shape, datatype}) {
    if (members[required].is_given) continue;
    refuse_at(tensor.place, "the key " + in_quotes(members[required].name) + " is missing",
              "expected " + std::string(tensor_form));
  }
  tensor.name = as_text(tensor.place, members[name].value);
  tensor.type = parse_tensor_type(tensor.place, as_text(tensor.place, members[datatype].value));
  parse_shape(tensor, members[shape].value);
  JsonMember size[] = {{"binary_data_size"}};
  if (members[parameters].is_given) {
    find_members(as_object(tensor.place, members[parameters].value), tensor.place, size, UnknownMembers::ignored);
  }
  if (size[0].is_given == members[data].is_given) {
    refuse_at(tensor.place, "expected one of \"data\" and \"binary_data_size\" in \"parameters\"");
  }
  if (size[0].is_given) take_binary(tensor, size[0].value);
  tensor.data = members[data].value;
  return tensor;
}

void InferenceReader::parse_shape(Tensor& tensor, const JsonElement& shape) const {
  std::size_t rank = 0;
  std::size_t sizes[2] = {0, 1};
  for (const JsonElement value : as_array(tensor.place, shape, "a shape such as [1, 3]")) {
    if (rank == 2) refuse_at(tensor.place, "expected a shape of one or two numbers, got more");
    sizes[rank++] = as_size(tensor.place, value);
  }
  if (rank == 0) refuse_at(tensor.place, "expected a shape of one or two numbers, got none");
  tensor.n_rows = sizes[0];
  tensor.n_columns = sizes[1];
  tensor.is_vector = rank == 1;
}

void InferenceReader::take_binary(Tensor& tensor, const JsonElement& size) {
  const std::size_t n = as_size(tensor.place, size);
  if (n > binary_.size()) {
    refuse_at(
        tensor.place,
        "binary_data_size is " + std::to_string(n) + ", the body has " + std::to_string(binary_.size()) + " bytes left",
        "the field Inference-Header-Content-Length says how long the JSON before them is");
  }
  tensor.is_binary = true;
  tensor.bytes = binary_.substr(0, n);
  binary_.remove_prefix(n);
}

bool InferenceReader::is_matrix(const Tensor& tensor, std::size_t n_inputs) const {
  if (n_inputs > 1 || tensor.is_vector) return false;
  return tensor.n_columns == cells_.size() && (cells_.size() > 1 || !cells_.find(tensor.name, 0));
}

/// Finds out which features the tensor holds.
void InferenceReader::bind(Tensor& tensor, std::size_t n_inputs) {
  if (is_matrix(tensor, n_inputs)) {
    for (std::size_t j = 0; j < cells_.size(); ++j) named_.add(tensor.place, cells_.name(j));
  } else {
    if (n_inputs == 1 && !cells_.find(tensor.name, 0)) refuse_shape(tensor);
    tensor.feature = named_.add(tensor.place, tensor.name);
    if (tensor.n_columns != 1) {
      refuse_at(tensor.place,
                "the feature " + in_quotes(tensor.name) + " has one value per row, got shape " +
                    shape_text(tensor.n_rows, tensor.n_columns, tensor.is_vector),
                "[n] or [n, 1]");
    }
  }
  if (tensor.place.index == n_inputs - 1) named_.require_all({"inputs"});
  check_type(tensor);
}

void InferenceReader::check_type(const Tensor& tensor) const {
  if (tensor.type != TensorType::bytes) return;
  for (std::size_t j = tensor.feature; j < tensor.feature + tensor.n_columns; ++j) {
    if (!cells_.is_number(j)) continue;
    refuse_at(tensor.place, "the feature " + in_quotes(cells_.name(j)) + " is a number, got the datatype BYTES",
              tensor.n_columns > 1 ? "send one input per feature" : "such as FP64");
  }
}

/// REQUIRES: the shape fits the features, and n_rows the limit, so that their product does not overflow.
void InferenceReader::read_tensor(Tensor& tensor, MatrixView<double> rows) const {
  if (!tensor.is_binary) {
    read_json(tensor, rows);
  } else if (tensor.type == TensorType::bytes) {
    read_bytes(tensor, rows);
  } else {
    read_items(tensor, rows);
  }
}

void InferenceReader::read_json(Tensor& tensor, MatrixView<double> rows) const {
  const std::string place = tensor.place.text() + ".data";
  const JsonArray data = as_array({place}, tensor.data);
  const std::size_t n = size_of(data);
  tensor.is_nested = !tensor.is_vector && n > 0 && data.at(0).value().is_array();
  const std::size_t expected = tensor.is_nested ? tensor.n_rows : tensor.n_rows * tensor.n_columns;
  if (n != expected) {
    refuse_at({place}, "expected " + std::to_string(expected) + (tensor.is_nested ? " rows" : " values") +
                           " of shape " + shape_text(tensor.n_rows, tensor.n_columns, tensor.is_vector) + ", got " +
                           std::to_string(n));
  }
  if (!tensor.is_nested) return read_list(tensor, data, {0, 0}, rows);
  std::size_t row = 0;
  for (const JsonElement value : data) {
    const JsonArray list = as_array({place, row}, value);
    if (const std::size_t size = size_of(list); size != tensor.n_columns) {
      refuse_at({place, row}, "expected " + std::to_string(tensor.n_columns) + " values, got " + std::to_string(size));
    }
    read_list(tensor, list, {row, 0}, rows);
    ++row;
  }
}

/// From `cell` on, row by row.
void InferenceReader::read_list(const Tensor& tensor, const JsonArray& list, Cell cell, MatrixView<double> rows) const {
  for (const JsonElement value : list) {
    rows(cell.row, tensor.feature + cell.column) = read_value(tensor, cell, value);
    if (++cell.column < tensor.n_columns) continue;
    cell = {cell.row + 1, 0};
  }
}

double InferenceReader::read_value(const Tensor& tensor, Cell cell, const JsonElement& value) const {
  const std::size_t feature = tensor.feature + cell.column;
  if (tensor.type == TensorType::bytes) {
    if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
    const auto code = value.is_string() ? cells_.read_text(feature, value.get_string().value()) : std::nullopt;
    if (!code) refuse_cell(tensor, cell, described(value));
    return *code;
  }
  const auto number = read_item(tensor.type, value);
  if (!number && value.is_number()) {
    refuse(place_of(tensor, cell) + " (feature " + in_quotes(cells_.name(feature)) + "): expected " +
           std::string(tensor_type_name(tensor.type)) + ", got " + described(value));
  }
  const auto known = number ? cells_.read_number(feature, *number) : std::nullopt;
  if (!known) refuse_cell(tensor, cell, described(value));
  return *known;
}

/// Each element is its length, four bytes, and its text.
void InferenceReader::read_bytes(const Tensor& tensor, MatrixView<double> rows) const {
  std::string_view rest = tensor.bytes;
  for (std::size_t row = 0; row < tensor.n_rows; ++row) {
    for (std::size_t column = 0; column < tensor.n_columns; ++column) {
      std::uint32_t size = 0;
      const bool has_size = rest.size() >= sizeof size;
      if (has_size) std::memcpy(&size, rest.data(), sizeof size);
      if (!has_size || rest.size() - sizeof size < size) {
        refuse(place_of(tensor, {row, column}) + ": the binary data end inside this element");
      }
      const std::size_t feature = tensor.feature + column;
      const std::string_view text = rest.substr(sizeof size, size);
      const auto code = cells_.read_text(feature, text);
      if (!code) refuse_cell(tensor, {row, column}, in_quotes(text));
      rows(row, feature) = *code;
      rest.remove_prefix(sizeof size + size);
    }
  }
  if (!rest.empty()) refuse_at(tensor.place, std::to_string(rest.size()) + " bytes follow its last element");
}

void InferenceReader::read_items(const Tensor& tensor, MatrixView<double> rows) const {
  const std::size_t item_size = tensor_item_size(tensor.type);
  const std::size_t n_bytes = tensor.n_rows * tensor.n_columns * item_size;
  if (tensor.bytes.size() != n_bytes) {
    refuse_at(tensor.place, "expected " + std::to_string(n_bytes) + " bytes for " +
                                std::string(tensor_type_name(tensor.type)) + " of shape " +
                                shape_text(tensor.n_rows, tensor.n_columns, tensor.is_vector) + ", got " +
                                std::to_string(tensor.bytes.size()));
  }
  const char* item = tensor.bytes.data();
  for (std::size_t row = 0; row < tensor.n_rows; ++row) {
    for (std::size_t column = 0; column < tensor.n_columns; ++column, item += item_size) {
      const double number = load_item(tensor.type, item);
      const auto known = cells_.read_number(tensor.feature + column, number);
      if (!known) refuse_cell(tensor, {row, column}, number_text(number));
      rows(row, tensor.feature + column) = *known;
    }
  }
}

/// "inputs[0].data[3][7]", and [31] where the data are flat.
std::string InferenceReader::place_of(const Tensor& tensor, Cell cell) {
  const std::string data = tensor.place.text() + ".data";
  if (tensor.is_vector || !(tensor.is_nested || tensor.is_binary)) {
    return Place{data, cell.row * tensor.n_columns + cell.column}.text();
  }
  return Place{data, cell.row}.text() + Place{"", cell.column}.text();
}

void InferenceReader::refuse_cell(const Tensor& tensor, Cell cell, const std::string& got) const {
  cells_.refuse_value(place_of(tensor, cell), tensor.feature + cell.column, got);
}

void InferenceReader::refuse_shape(const Tensor& tensor) const {
  refuse_at(tensor.place,
            "expected shape [n, " + std::to_string(cells_.size()) + "], got " +
                shape_text(tensor.n_rows, tensor.n_columns, tensor.is_vector),
            "one row per sample, the features in the order of the model; or one input per feature, by its name");
}

}  // namespace thrum::serving
