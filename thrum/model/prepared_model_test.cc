#include "thrum/model/prepared_model.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace thrum
