#include "thrum/model/prepared_model.h"

#include <gtest/gtest.h>

#include "thrum/core/refusal_test.h"
#include "thrum/data/feature_reader.h"
#include "thrum/model/prepared_fixture_test.h"

namespace thrum {
namespace {

TEST(PreparedModel, PredictsFromRawColumnsAsItsModelDoesFromPreparedOnes) {
  const LocalExecution execution(2);
  const Dataset raw = model_test::raw_dataset(300);
  const PreparedModel prepared = model_test::prepared_model(raw);
  const Dataset made = prepared.pipeline().prepare(raw, execution);
  std::vector<double> values(300 * made.schema().features.size()), expected(300 * 2);
  made.reader().read(0, {values.data(), 300, made.schema().features.size()});
  const auto image = prepared.model().compile();
  open_predictor(image)->predict({values.data(), 300, made.schema().features.size()}, {expected.data(), 300, 2});
  EXPECT_EQ(predict(prepared, model_test::raw_table(300), execution), expected);
}

TEST(PreparedModel, IsReadBackAsItWasWritten) {
  const PreparedModel prepared = model_test::prepared_model(model_test::raw_dataset(300));
  const auto bytes = serialize(prepared);
  const auto again = deserialize(bytes, "m.thrum");
  EXPECT_EQ(serialize(*again), bytes);
  EXPECT_EQ(again->compile(), prepared.compile());
  EXPECT_EQ(again->algorithm(), "logistic-regression");
  EXPECT_EQ(again->schema().feature_names(), (std::vector<std::string>{"x", "c"}));
  EXPECT_NE(again->description_json().find(R"("pipeline":[)"), std::string::npos);
}

TEST(PreparedModel, ExplainsItselfByTheColumnsThatItsOwnAreMadeOf) {
  const LocalExecution execution(2);
  const Dataset raw = model_test::raw_dataset(300);
  const PreparedModel prepared = model_test::prepared_model(raw);
  const Dataset made = prepared.pipeline().prepare(raw, execution);
  ASSERT_EQ(made.schema().features.size(), 4);  // two of x, two of c
  std::vector<double> values(300 * 4), inner(300 * 5);
  made.reader().read(0, {values.data(), 300, 4});
  const auto image = prepared.model().compile_to_explain();
  open_predictor(image)->explain({values.data(), 300, 4}, {inner.data(), 300, 5});
  const std::vector<double> parts = explain(prepared, model_test::raw_table(300), execution);
  ASSERT_EQ(parts.size(), 300 * 3);
  for (std::size_t i = 0; i < 300; ++i) {
    EXPECT_EQ(parts[3 * i], inner[5 * i] + inner[5 * i + 1]);
    EXPECT_EQ(parts[3 * i + 1], inner[5 * i + 2] + inner[5 * i + 3]);
    EXPECT_EQ(parts[3 * i + 2], inner[5 * i + 4]);
  }
}

TEST(PreparedModel, SaysThatItsColumnsAreMadeOfSeveral) {
  const LocalExecution execution(2);
  const PreparedModel prepared =
      model_test::prepared_model(model_test::raw_dataset(300), "impute; one-hot; polynomial");
  EXPECT_EQ(test::refusal([&] { explain(prepared, model_test::raw_table(300), execution); }),
            "[explain] this logistic-regression does not explain itself: some of its prepared columns are made of "
            "several together, as by polynomial, normalize or hashing; thrum explain shows what the prepared columns "
            "add, thrum importance explains any model");
}

}  // namespace
}  // namespace thrum
