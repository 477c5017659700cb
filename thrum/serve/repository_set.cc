#include <algorithm>
#include <string>
#include <string_view>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/core/printable.h"
#include "thrum/serve/model_repository_internal.h"
#include "thrum/serve/repository_set_internal.h"

namespace thrum::serving {
namespace {

void load(const RepositoryModel& found, ModelSet& set) {
  const OpenModelFile file(found.path);
  const std::size_t size = add_file(set, found.name, found.version, file);
  log(LogLevel::info, "Loaded model " + printable(found.name) + " version " + found.version + ": " +
                          describe(file.algorithm(), file.schema(), size));
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

std::size_t add_file(ModelSet& set, const std::string& name, const std::string& version, const OpenModelFile& file) {
  std::size_t size = 0;
  if (file.size() > largest_explaining) {
    file.build_image([&](const ModelFileBuilder& image) { size = set.add(name, version, image); });
  }
  return size > 0 ? size : set.add(name, version, image_of(*file.model()));
}

ModelSet load_repository(const std::filesystem::path& folder, ModelTable* table) {
  ModelSet set;
  for (const RepositoryModel& found : list_models(folder)) {
    if (table != nullptr && table->is_unloaded(found.name)) {
      set.add_unloaded(found.name, found.version);
    } else {
      load(found, set);
    }
  }
  if (set.empty()) log(LogLevel::warning, "There is no model to serve in " + folder.string());
  return set;
}

ModelSet changed(ByteSpan served, std::span<const ReloadWishes::Wish> wishes, const std::filesystem::path& folder) {
  ModelSet set;
  const auto is_meant = [&](const auto& model) {
    return std::ranges::find(wishes, model.name, &ReloadWishes::Wish::model) != wishes.end();
  };
  for (const ModelImage& model : models_in(served)) {
    if (!is_meant(model)) set.add(model.name, model.version, model.bytes);
  }
  for (const ServedModel& model : open_unloaded(served)) {
    if (!is_meant(model)) set.add_unloaded(model.name, model.version);
  }
  for (const ReloadWishes::Wish& wish : wishes) {
    const std::vector<RepositoryModel> found = list_models(folder, wish.model);
    if (wish.is_load && found.empty()) {
      throw Error(ErrorCode::io, "[serve] there is no model \"" + wish.model + "\" in the repository");
    }
    for (const RepositoryModel& model : found) {
      if (wish.is_load) {
        load(model, set);
      } else {
        set.add_unloaded(model.name, model.version);
      }
    }
  }
  return set;
}

}  // namespace thrum::serving
