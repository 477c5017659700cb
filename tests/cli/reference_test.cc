#include <gtest/gtest.h>

#include "tests/cli/thrum_process.h"

namespace thrum::test {
namespace {

class ReferencePage : public testing::TestWithParam<const char*> {};

TEST_P(ReferencePage, IsWhatTheProgramWrites) {
  const std::string page = GetParam();
  const Outcome run = run_thrum({"reference", page});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.out, read_text(THRUM_SOURCE_DIR "/docs/reference/" + page + ".md"))
      << "to bring it up to date: thrum reference " << page << " > docs/reference/" << page << ".md";
}

INSTANTIATE_TEST_SUITE_P(All, ReferencePage,
                         testing::Values("command-line", "logistic-regression", "linear-regression", "ridge", "lasso",
                                         "elastic-net", "poisson-regression", "gamma-regression", "sgd-classifier",
                                         "sgd-regressor", "gbdt", "decision-tree", "random-forest", "extra-trees",
                                         "isolation-forest"),
                         [](const auto& param_info) {
                           std::string name = param_info.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace thrum::test
