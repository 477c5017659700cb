#include "thrum/serve/csv_rows_internal.h"

#include <string>

#include "thrum/core/error.h"
#include "thrum/core/names.h"
#include "thrum/core/printable.h"
#include "thrum/data/csv.h"
#include "thrum/data/feature_reader.h"

namespace thrum::serving {
namespace {

/// What the table says of itself is what the client did wrong.
[[noreturn]] void refuse_table(const Error& error) {
  const std::string text = error.what();
  const std::size_t hint = error.hint().empty() ? 0 : error.hint().size() + std::string_view("; ").size();
  refuse(text.substr(0, text.size() - hint), error.hint());
}

void check_columns(const Table& table, const Schema& schema) {
  for (const Column& column : table.columns()) {
    const std::string& name = column.name();
    if (schema.find(name) || name == schema.target.name || name == schema.target.query) continue;
    refuse("the model has no feature " + in_quotes(name), nearest_hint(name, schema.feature_names()));
  }
}

Rows read_table(const Table& table, const Schema& schema, RowReader& reader) {
  check_columns(table, schema);
  const FeatureReader features(schema, table);
  features.read(0, reader.begin({"the body"}, table.n_rows()));
  return reader.rows();
}

}  // namespace

Rows read_csv_rows(std::string_view text, const Schema& schema, RowReader& reader) {
  try {
    return read_table(parse_csv(text, {.delimiter = ','}, "the body"), schema, reader);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt_data && error.code() != ErrorCode::invalid_argument) throw;
    refuse_table(error);
  }
}

}  // namespace thrum::serving
