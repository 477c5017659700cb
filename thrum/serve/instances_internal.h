#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "thrum/core/view.h"
#include "thrum/data/schema.h"

namespace thrum::serving {

/// Reads {"instances": [{"age": 39, …} | [39, …], …]} into rows as Schema describes them. A row is an object with every
/// feature by its name, in any order, or a list of all values in the order of the schema; null is a missing value. The
/// buffers are reused. Not thread-safe.
class InstanceReader {
 public:
  /// `schema` must outlive the reader. More than `limit_rows` instances at once are refused.
  InstanceReader(const Schema& schema, std::size_t limit_rows);

  /// (n, n_features), n >= 1, valid until the next call. Throws HttpError 400 naming the place of the fault, such as
  /// `[predict] instances[3] (feature "age"): expected a number, got "abc"`; 413 for too many rows.
  MatrixView<const double> read(std::string_view body);

 private:
  using Element = simdjson::dom::element;

  Element parse(std::string_view body);
  simdjson::dom::array find_instances(const Element& root) const;
  void read_row(std::size_t row, const Element& instance, double* values);
  void read_record(std::size_t row, const simdjson::dom::object& record, double* values);
  void read_list(std::size_t row, const simdjson::dom::array& list, double* values) const;
  double read_value(std::size_t row, std::size_t feature, const Element& value) const;
  double read_category(std::size_t row, std::size_t feature, const Element& value) const;
  std::size_t find_feature(std::size_t row, std::string_view name, std::size_t guess) const;
  [[noreturn]] void fail_absent(std::size_t row) const;
  [[noreturn]] void fail_value(std::size_t row, std::size_t feature, std::string_view expected,
                               const Element& value) const;

  const Schema& schema_;
  std::size_t limit_rows_;
  std::vector<std::string> names_;
  std::unordered_map<std::string_view, std::size_t> index_;
  simdjson::dom::parser parser_;
  std::vector<double> rows_;
  std::vector<std::uint8_t> seen_;  // features of the record being read
};

}  // namespace thrum::serving
