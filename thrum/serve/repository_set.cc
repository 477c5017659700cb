#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/model/open_model_file.h"
#include "thrum/serve/model_repository_internal.h"
#include "thrum/serve/repository_set_internal.h"

namespace thrum::serving {
namespace {

/// A large one without its model, where that is possible.
std::vector<std::byte> image_of_file(const OpenModelFile& file) {
  std::vector<std::byte> bytes;
  if (file.size() > largest_explaining) {
    file.build_image([&](const ModelFileBuilder& image) { bytes = image.bytes(); });
  }
  return bytes.empty() ? image_of(*file.model()) : bytes;
}

ModelImage load(const RepositoryModel& found) {
  const OpenModelFile file(found.path);
  ModelImage image{found.name, found.version, image_of_file(file)};
  log(LogLevel::info, "Loaded model " + found.name + " version " + found.version + ": " +
                          describe(file.algorithm(), file.schema(), image.bytes.size()));
  return image;
}

}  // namespace

std::string describe(std::string_view algorithm, const Schema& schema, std::size_t n_bytes) {
  return std::string(algorithm) + ", " + std::to_string(schema.features.size()) + " features, " +
         std::to_string(n_bytes) + " bytes";
}

std::vector<std::byte> image_of(const Model& model) {
  std::vector<std::byte> image = model.compile();
  if (image.size() > largest_explaining) return image;
  std::vector<std::byte> explaining = model.explaining(image);
  return explaining.size() <= largest_explaining ? explaining : image;
}

ModelSet load_repository(const std::filesystem::path& folder, ModelTable* table) {
  ModelSet set;
  for (const RepositoryModel& found : list_models(folder)) {
    if (table != nullptr && table->is_unloaded(found.name)) {
      set.unloaded.push_back({found.name, found.version});
    } else {
      set.models.push_back(load(found));
    }
  }
  if (set.models.empty()) log(LogLevel::warning, "There is no model to serve in " + folder.string());
  return set;
}

ModelSet changed(ModelSet set, std::span<const ReloadWishes::Wish> wishes, const std::filesystem::path& folder) {
  for (const ReloadWishes::Wish& wish : wishes) {
    const auto is_meant = [&](const ModelImage& model) { return model.name == wish.model; };
    std::erase_if(set.models, is_meant);
    std::erase_if(set.unloaded, is_meant);
    const std::vector<RepositoryModel> found = list_models(folder, wish.model);
    if (wish.is_load && found.empty()) {
      throw Error(ErrorCode::io, "[serve] there is no model \"" + wish.model + "\" in the repository");
    }
    for (const RepositoryModel& model : found) {
      if (wish.is_load) {
        set.models.push_back(load(model));
      } else {
        set.unloaded.push_back({model.name, model.version});
      }
    }
  }
  std::ranges::sort(set.models, comes_before<ModelImage>);
  std::ranges::sort(set.unloaded, comes_before<ModelImage>);
  return set;
}

}  // namespace thrum::serving
