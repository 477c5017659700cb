#include <algorithm>
#include <system_error>

#include "thrum/core/error.h"
#include "thrum/serve/model_repository_internal.h"

namespace thrum::serving {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view suffix = ".thrum";
constexpr const char* model_file = "model.thrum";

/// What lies in `folder` and is not hidden.
std::vector<fs::path> entries_of(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (!it->path().filename().string().starts_with('.')) entries.push_back(it->path());
  }
  if (error) {
    throw Error(ErrorCode::io, "[serve] cannot read the model repository " + folder.string() + ": " + error.message());
  }
  return entries;
}

void add_versions(const fs::path& folder, std::vector<RepositoryModel>& models) {
  for (const fs::path& version : entries_of(folder)) {
    if (!fs::is_regular_file(version / model_file)) continue;
    models.push_back({folder.filename().string(), version.filename().string(), version / model_file});
  }
}

}  // namespace

bool is_newer_version(std::string_view a, std::string_view b) noexcept {
  return a.size() != b.size() ? a.size() > b.size() : a > b;
}

std::vector<RepositoryModel> list_models(const fs::path& folder, std::string_view name) {
  const auto is_wanted = [name](const fs::path& found) { return name.empty() || found == name; };
  std::vector<RepositoryModel> models;
  for (const fs::path& entry : entries_of(folder)) {
    if (fs::is_directory(entry)) {
      if (is_wanted(entry.filename())) add_versions(entry, models);
    } else if (entry.extension() == suffix && is_wanted(entry.stem())) {
      models.push_back({entry.stem().string(), "1", entry});
    }
  }
  std::ranges::sort(models, comes_before<RepositoryModel>);
  const auto is_same = [](const RepositoryModel& a, const RepositoryModel& b) {
    return a.name == b.name && a.version == b.version;
  };
  const auto same = std::ranges::adjacent_find(models, is_same);
  if (same == models.end()) return models;
  throw Error(ErrorCode::invalid_argument,
              "[serve] two files are version " + same->version + " of the model \"" + same->name +
                  "\": " + same->path.string() + " and " + std::next(same)->path.string(),
              "keep one of them");
}

}  // namespace thrum::serving
