#pragma once

#include <string_view>

#include "thrum/serve/row_reader_internal.h"

namespace thrum::serving {

/// The rows of a CSV text with a header, read as a training file is: columns by name, in any order; that of the target
/// is passed over. They are in `reader`. Throws HttpError: 400 with line and column for what is not CSV, for a column
/// that is no feature, for a feature without a column, for text where the model expects numbers; 413 for too many rows.
Rows read_csv_rows(std::string_view text, const Schema& schema, RowReader& reader);

}  // namespace thrum::serving
