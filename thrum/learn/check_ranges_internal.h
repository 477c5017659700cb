#pragma once

#include "thrum/core/options.h"

namespace thrum {

/// Options that were set in the struct and not through their fields may be out of range: throws as Options::set does.
inline void check_ranges(Options options) {
  for (const OptionField& field : options.fields()) options.set(field.name, options.get(field.name));
}

}  // namespace thrum
