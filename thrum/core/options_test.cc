#include "thrum/core/options.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "thrum/core/refusal_test.h"

namespace thrum {
namespace {

struct Solver {
  double C = 1.0;
  int max_iter = 100;
  bool fit_intercept = true;
  std::string solver = "lbfgs";
};

const std::vector<OptionField>& fields() {
  static const std::vector<OptionField> list = {
      option_field("C", &Solver::C, Range{.low = 0, .low_open = true}, "inverse strength of the penalty"),
      option_field("max_iter", &Solver::max_iter, Range{.low = 1}, "iterations at most"),
      option_field("fit_intercept", &Solver::fit_intercept, Range{}, "add a constant"),
      option_field("solver", &Solver::solver, {"lbfgs", "newton-cg"}, "the algorithm"),
  };
  return list;
}

std::string refusal(const std::string& name, const std::string& text) {
  Solver options;
  return test::refusal([&] { find_option(fields(), name).set(&options, text); });
}

TEST(OptionField, ReadsBackWhatItWrites) {
  Solver options;
  options.C = 0.1;
  options.max_iter = 7;
  options.fit_intercept = false;
  options.solver = "newton-cg";
  Solver copy;
  for (const OptionField& field : fields()) field.set(&copy, field.get(&options));
  EXPECT_EQ(copy.C, 0.1);
  EXPECT_EQ(copy.max_iter, 7);
  EXPECT_FALSE(copy.fit_intercept);
  EXPECT_EQ(copy.solver, "newton-cg");
}

TEST(OptionField, AcceptsInfinityWhereTheRangeDoes) {
  Solver options;
  find_option(fields(), "C").set(&options, "inf");
  EXPECT_TRUE(std::isinf(options.C));
}

TEST(OptionField, SaysWhatItExpected) {
  EXPECT_EQ(refusal("C", "0"), "[C] expected a number in (0, inf], got \"0\"");
  EXPECT_EQ(refusal("C", "nan"), "[C] expected a number in (0, inf], got \"nan\"");
  EXPECT_EQ(refusal("max_iter", "many"), "[max_iter] expected an integer in [1, 2147483647], got \"many\"");
  EXPECT_EQ(refusal("max_iter", "99999999999"),
            "[max_iter] expected an integer in [1, 2147483647], got \"99999999999\"");
  EXPECT_EQ(refusal("fit_intercept", "yes"), "[fit_intercept] expected true or false, got \"yes\"");
  EXPECT_EQ(refusal("solver", "lbfg"), "[solver] expected one of: lbfgs, newton-cg, got \"lbfg\"; nearest: \"lbfgs\"");
  EXPECT_EQ(refusal("max_itr", "1"), "there is no option \"max_itr\"; nearest: \"max_iter\"");
  EXPECT_EQ(refusal("n_jobs", "4"),
            "there is no option \"n_jobs\"; threads belong to the whole program: -j N, or Execution::arena in C++");
}

TEST(Options, CopiesAreIndependentAndJsonKeepsTypes) {
  Options options(Solver{}, fields());
  Options copy = options;
  copy.set("C", "inf");
  copy.set("fit-intercept", "false");
  EXPECT_EQ(options.json(), R"({"C":1.0,"max_iter":100,"fit_intercept":true,"solver":"lbfgs"})");
  EXPECT_EQ(copy.json(), R"({"C":"inf","max_iter":100,"fit_intercept":false,"solver":"lbfgs"})");
  EXPECT_EQ(copy.get("solver"), "lbfgs");
  EXPECT_TRUE(std::isinf(copy.as<Solver>().C));
}

TEST(OptionField, FlagsUseDashesAndBothSpellingsAreFound) {
  EXPECT_EQ(find_option(fields(), "max-iter").flag(), "--max-iter");
  EXPECT_EQ(find_option(fields(), "max_iter").type, "integer");
  EXPECT_EQ(find_option(fields(), "C").domain, "(0, inf]");
}

}  // namespace
}  // namespace thrum
