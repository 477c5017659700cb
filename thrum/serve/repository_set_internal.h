#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "thrum/model/model.h"
#include "thrum/serve/model_set_internal.h"

namespace thrum::serving {

/// Explains predictions too, unless that would take too much memory of every worker.
std::vector<std::byte> image_of(const Model& model);

/// The models of a repository, loaded, but for those that the administrator has unloaded. `table`: may be null. Throws
/// as list_models and load_model.
ModelSet load_repository(const std::filesystem::path& folder, ModelTable* table);

}  // namespace thrum::serving
