#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace thrum::serving {

/// A model file of a repository.
struct RepositoryModel {
  std::string name;
  std::string version;
  std::filesystem::path path;
};

/// The models of a folder: FOLDER/NAME/VERSION/model.thrum, and FOLDER/NAME.thrum, which is version 1. By name, and of
/// each the newest version first. What begins with a dot is passed over, and so are files of other names. `name`: of
/// that model only. Throws io; invalid_argument where two files are the same version of a model.
std::vector<RepositoryModel> list_models(const std::filesystem::path& folder, std::string_view name = {});

/// Of versions, which are numbers mostly: the greater number, or the later text.
bool is_newer_version(std::string_view a, std::string_view b) noexcept;

/// In the order of list_models.
template <class Model>
bool comes_before(const Model& a, const Model& b) noexcept {
  return a.name != b.name ? a.name < b.name : is_newer_version(a.version, b.version);
}

}  // namespace thrum::serving
