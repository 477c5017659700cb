#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/core/bytes.h"
#include "thrum/model/model.h"
#include "thrum/model/open_model_file.h"
#include "thrum/serve/model_set_internal.h"
#include "thrum/serve/reload_wishes_internal.h"

namespace thrum::serving {

/// For the log: "random-forest, 28 features, 123 bytes".
std::string describe(std::string_view algorithm, const Schema& schema, std::size_t n_bytes);

/// No image that explains is larger: it takes memory of every worker.
inline constexpr std::size_t largest_explaining = std::size_t{64} << 20;

/// Explains predictions too, unless that would make it too large.
std::vector<std::byte> image_of(const Model& model);

/// The image of a large file is made from the file in the memory that the workers will map, that of another by way of
/// the model. Returns the bytes it takes. Throws as OpenModelFile::model; io.
std::size_t add_file(ModelSet& set, const std::string& name, const std::string& version, const OpenModelFile& file);

/// The models of a repository, loaded, but for those that the administrator has unloaded. `table`: may be null. Throws
/// as list_models and load_model.
ModelSet load_repository(const std::filesystem::path& folder, ModelTable* table);

/// What is served with what an administrator wishes: models loaded anew, or no longer served. The others stay, and
/// their files are not looked at. Throws as load_repository; io for a model that is not in the folder; corrupt_data.
ModelSet changed(ByteSpan served, std::span<const ReloadWishes::Wish> wishes, const std::filesystem::path& folder);

}  // namespace thrum::serving
