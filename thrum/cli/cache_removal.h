#pragma once

#include "thrum/cache/store.h"
#include "thrum/cli/session.h"

namespace thrum::cli {

/// What a command that removes entries prints: `schema` is "thrum.cache.prune/1" or the like.
void print_removal(std::string_view schema, const Store& store, const Usage& removed, const Session& session);

}  // namespace thrum::cli
