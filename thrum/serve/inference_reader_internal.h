#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "thrum/serve/row_reader_internal.h"
#include "thrum/serve/tensor_type_internal.h"

namespace thrum::serving {

/// Reads the "inputs" of an inference request into rows. Either one tensor holds all of them, [n, n_features] with the
/// features in the order of the model, or there is one per feature, by its name, [n] or [n, 1]. Its elements stand in
/// "data", flat or nested, or, where "parameters" give a "binary_data_size", in the bytes after the JSON.
class InferenceReader {
 public:
  /// Both must outlive it; the rows are in `rows`.
  InferenceReader(const FeatureCells& cells, RowReader& rows) : cells_(cells), rows_(rows), named_(rows.named()) {}

  /// Throws as RowReader does: `[predict] inputs[0].data[3][7] (feature "age"): expected a number, got "abc"`.
  Rows read(const JsonArray& inputs, std::string_view binary);

 private:
  struct Tensor {
    Place place;
    std::string_view name = {};
    TensorType type = TensorType::fp64;
    std::size_t n_rows = 0;
    std::size_t n_columns = 1;
    bool is_vector = true;  ///< [n], not [n, 1]
    bool is_nested = false;
    std::size_t feature = 0;  ///< of the first column
    bool is_binary = false;
    std::string_view bytes = {};
    JsonElement data = {};
  };

  struct Cell {
    std::size_t row;
    std::size_t column;  ///< of the tensor
  };

  Tensor parse(std::size_t index, const JsonElement& input);
  void parse_shape(Tensor& tensor, const JsonElement& shape) const;
  void take_binary(Tensor& tensor, const JsonElement& size);
  bool is_matrix(const Tensor& tensor, std::size_t n_inputs) const;
  void bind(Tensor& tensor, std::size_t n_inputs);
  void check_type(const Tensor& tensor) const;
  void read_tensor(Tensor& tensor, MatrixView<double> rows) const;
  void read_json(Tensor& tensor, MatrixView<double> rows) const;
  void read_list(const Tensor& tensor, const JsonArray& list, Cell cell, MatrixView<double> rows) const;
  void read_bytes(const Tensor& tensor, MatrixView<double> rows) const;
  void read_items(const Tensor& tensor, MatrixView<double> rows) const;
  double read_value(const Tensor& tensor, Cell cell, const JsonElement& value) const;
  static std::string place_of(const Tensor& tensor, Cell cell);
  [[noreturn]] void refuse_cell(const Tensor& tensor, Cell cell, const std::string& got) const;
  [[noreturn]] void refuse_shape(const Tensor& tensor) const;

  const FeatureCells& cells_;
  RowReader& rows_;
  NamedFeatures& named_;
  std::string_view binary_;  ///< not taken yet
};

}  // namespace thrum::serving
