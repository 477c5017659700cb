#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "thrum/core/error.h"
#include "thrum/runtime/temporary_folder_test.h"
#include "thrum/serve/model_repository_internal.h"

namespace thrum::serving {
namespace {

namespace fs = std::filesystem;

class ModelRepository : public testing::Test {
 protected:
  void add(const std::string& path) {
    fs::create_directories(fs::path(folder_.file(path)).parent_path());
    folder_.write(path, "a model");
  }

  /// "name version path", relative to the folder.
  std::vector<std::string> listed() {
    std::vector<std::string> lines;
    for (const RepositoryModel& model : list_models(folder_.path())) {
      lines.push_back(model.name + " " + model.version + " " + model.path.lexically_relative(folder_.path()).string());
    }
    return lines;
  }

  std::string refusal() {
    try {
      list_models(folder_.path());
    } catch (const Error& error) {
      std::string text = error.what();
      const std::string folder = folder_.path().string() + "/";
      for (std::size_t at = 0; (at = text.find(folder)) != std::string::npos;) text.erase(at, folder.size());
      return text;
    }
    return "listed";
  }

  test::TemporaryFolder folder_;
};

TEST_F(ModelRepository, ListsModelsByNameAndTheNewestVersionFirst) {
  add("iris.thrum");
  add("adult/2/model.thrum");
  add("adult/10/model.thrum");
  add("adult/9/model.thrum");
  add("zoo/spring/model.thrum");
  EXPECT_THAT(listed(), testing::ElementsAre("adult 10 adult/10/model.thrum", "adult 9 adult/9/model.thrum",
                                             "adult 2 adult/2/model.thrum", "iris 1 iris.thrum",
                                             "zoo spring zoo/spring/model.thrum"));
}

TEST_F(ModelRepository, PassesOverWhatIsNoModel) {
  add("README.md");
  add(".iris.thrum");
  add("adult/.3/model.thrum");
  add("adult/notes.txt");
  add("adult/4/data.csv");
  fs::create_directories(folder_.file("empty/5"));
  EXPECT_THAT(listed(), testing::IsEmpty());
}

TEST_F(ModelRepository, FollowsLinksAsKubernetesMakesThem) {
  add("..data/iris.thrum");
  fs::create_symlink("..data/iris.thrum", folder_.file("iris.thrum"));
  EXPECT_THAT(listed(), testing::ElementsAre("iris 1 iris.thrum"));
}

TEST_F(ModelRepository, RefusesTwoFilesOfOneVersion) {
  add("iris.thrum");
  add("iris/1/model.thrum");
  EXPECT_THAT(
      refusal(),
      testing::AnyOf("[serve] two files are version 1 of the model \"iris\": iris.thrum and "
                     "iris/1/model.thrum; keep one of them",
                     "[serve] two files are version 1 of the model \"iris\": iris/1/model.thrum and iris.thrum; "
                     "keep one of them"));
}

TEST_F(ModelRepository, NamesAFolderThatIsMissing) {
  try {
    list_models(folder_.file("nowhere"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.what(),
              "[serve] cannot read the model repository " + folder_.file("nowhere") + ": No such file or directory");
  }
}

}  // namespace
}  // namespace thrum::serving
