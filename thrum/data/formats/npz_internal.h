#pragma once

#include <span>
#include <string>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/core/bytes.h"
#include "thrum/data/table.h"

namespace thrum::formats {

/// The arrays of an NPZ file (numpy.savez) side by side as columns: array "x" of two axes as "x0", "x1", …, array "y"
/// of one as "y". `arrays`: those wanted, in this order, "new_name=name" for one that is to be called otherwise; empty:
/// all. Throws as zip_entries, inflate_entry, parse_npy; invalid_argument for arrays that are not there, and where
/// their rows are not equally many.
std::vector<Column> read_npz(ByteSpan bytes, std::span<const std::string> arrays, const std::string& name,
                             const Execution& execution);

}  // namespace thrum::formats
