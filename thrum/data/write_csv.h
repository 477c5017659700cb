#pragma once

#include <filesystem>

#include "thrum/comm/execution.h"
#include "thrum/data/table.h"
#include "thrum/runtime/file.h"

namespace thrum {

/// Writes `table` with a header, commas and LF, so that read_csv with its default options gives the table back: numbers
/// in the fewest digits that read as the same number, quotes where a text needs them (also around a text that would be
/// read as missing), nothing between the commas where a value is missing ("NA" in a table of one column, because most
/// readers skip empty lines). Categories that all read as numbers come back as numbers, whole float64 values as int64.
///
/// The bytes do not depend on the number of threads. "-" is standard output. The file appears when it is complete.
/// REQUIRES: there is a column. Throws io, cancelled.
void write_csv(const Table& table, const std::filesystem::path& path, const Execution& execution);

/// The same, but the file appears with publish(), so that several can appear together.
StagedFile stage_csv(const Table& table, const std::filesystem::path& path, const Execution& execution);

}  // namespace thrum
