#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/model/model.h"
#include "thrum/serve/model_set_internal.h"
#include "thrum/serve/reload_wishes_internal.h"

namespace thrum::serving {

/// For the log: "random-forest, 28 features, 123 bytes".
std::string describe(std::string_view algorithm, const Schema& schema, std::size_t n_bytes);

/// No image that explains is larger: it takes memory of every worker.
inline constexpr std::size_t largest_explaining = std::size_t{64} << 20;

/// Explains predictions too, unless that would make it too large.
std::vector<std::byte> image_of(const Model& model);

/// The models of a repository, loaded, but for those that the administrator has unloaded. `table`: may be null. Throws
/// as list_models and load_model.
ModelSet load_repository(const std::filesystem::path& folder, ModelTable* table);

/// `set` with what an administrator wishes: models loaded anew, or no longer served. The others stay, and their files
/// are not looked at. Throws as load_repository; io for a model that is not in the folder.
ModelSet changed(ModelSet set, std::span<const ReloadWishes::Wish> wishes, const std::filesystem::path& folder);

}  // namespace thrum::serving
