#include <string>
#include <utility>

#include "thrum/core/log.h"
#include "thrum/model/model.h"
#include "thrum/serve/model_repository_internal.h"
#include "thrum/serve/repository_set_internal.h"

namespace thrum::serving {
namespace {

ModelImage load(const RepositoryModel& found) {
  const auto model = load_model(found.path);
  ModelImage image{found.name, found.version, image_of(*model)};
  log(LogLevel::info, "Loaded model " + found.name + " version " + found.version + ": " +
                          std::string(model->algorithm()) + ", " + std::to_string(model->schema().features.size()) +
                          " features, " + std::to_string(image.bytes.size()) + " bytes");
  return image;
}

}  // namespace

std::vector<std::byte> image_of(const Model& model) {
  constexpr std::size_t largest = std::size_t{64} << 20;
  std::vector<std::byte> image = model.compile();
  if (image.size() > largest) return image;
  std::vector<std::byte> explaining = model.explaining(image);
  return explaining.size() <= largest ? explaining : image;
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

}  // namespace thrum::serving
