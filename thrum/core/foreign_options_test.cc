#include "thrum/core/foreign_options.h"

#include <gtest/gtest.h>

namespace thrum {
namespace {

TEST(ForeignOptions, KnowWhatToDoInstead) {
  EXPECT_EQ(foreign_option_remedy("n_jobs"), "threads belong to the whole program: -j N, or Execution::arena in C++");
  EXPECT_EQ(foreign_option_remedy("n-jobs"), foreign_option_remedy("n_jobs"));
  EXPECT_EQ(foreign_option_remedy("multi_class"),
            "leave it out: three classes or more are fitted together by softmax, scikit-learn's multinomial");
  EXPECT_EQ(foreign_option_remedy("dual"), "leave it out: all solvers work on the primal, and find the same optimum");
  EXPECT_EQ(foreign_option_remedy("intercept_scaling"),
            "leave it out: the intercept is not penalised, so that scaling it changes nothing");
  EXPECT_EQ(foreign_option_remedy("warm_start"),
            "a model to start from is given with the rows: --start MODEL, or FitSpec::start in C++");
}

TEST(ForeignOptions, LeaveMisspelledNamesAlone) {
  EXPECT_EQ(foreign_option_remedy("max_itr"), "");
}

}  // namespace
}  // namespace thrum
