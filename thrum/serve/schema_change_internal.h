#pragma once

#include <string>
#include <vector>

#include "thrum/core/bytes.h"
#include "thrum/data/schema.h"

namespace thrum::serving {

/// What clients have to do otherwise: `features added: "age", "city"; "income" is a text, was a number`. "" where the
/// requests of before fit and mean the same.
std::string schema_change(const Schema& before, const Schema& after);

/// A line for each of the first models, in their newest version, that two images of a ModelSet have with schemas that
/// differ so. Throws corrupt_data.
std::vector<std::string> schema_changes(ByteSpan before, ByteSpan after);

}  // namespace thrum::serving
