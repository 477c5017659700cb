#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/serve/protocol_fixture_test.h"

namespace thrum {
namespace {

class ShortProtocol : public testing::Test {
 protected:
  std::string answer(std::string_view body) { return people.answer("/predict", body); }
  std::string refusal(std::string_view body) { return people.refusal("/predict", body); }

  Protocol people{people_schema(Task::classification)};
};

TEST_F(ShortProtocol, AnswersClassesWithProbabilities) {
  EXPECT_EQ(answer(R"({"instances":[{"age":16,"work class":"1","hours":0},{"age":32,"work class":"1","hours":0.25}]})"),
            R"({"predictions":["<=50K",">50K"],"probabilities":[[0.75,0.25],[0.25,0.75]],"classes":["<=50K",">50K"]})");
}

TEST_F(ShortProtocol, FirstOfEqualClassesWins) {
  EXPECT_EQ(answer(R"({"instances":[[32,"1",0]]})"),
            R"({"predictions":["<=50K"],"probabilities":[[0.5,0.5]],"classes":["<=50K",">50K"]})");
}

TEST_F(ShortProtocol, AnswersARegressionWithNumbers) {
  Protocol numbers(people_schema(Task::regression));
  EXPECT_EQ(numbers.answer("/predict", R"({"instances":[[16,"1",1],{"hours":-1e300,"age":0,"work class":"1"}]})"),
            R"({"predictions":[1.25,-1e+300]})");
}

TEST_F(ShortProtocol, AnswersAnomaliesWithScoresAndLabels) {
  Schema schema = people_schema(Task::anomaly);
  schema.target.threshold = -0.1;
  EXPECT_EQ(Protocol(schema).answer("/predict", R"({"instances":[[16,"1",1],[0,"1",1]]})"),
            R"({"predictions":[-0.25,0],"labels":["normal","anomaly"]})");
}

TEST_F(ShortProtocol, NonFiniteOutputsAreNull) {
  Protocol numbers(people_schema(Task::regression));
  EXPECT_EQ(numbers.answer("/predict", R"({"instances":[[0,"1",1],[1.7e308,"1",1.79e308]]})"),
            R"({"predictions":[1,null]})");
}

TEST_F(ShortProtocol, ReadsFeaturesInAnyOrderAndForm) {
  const std::string expected = answer(R"({"instances":[[16,"Private",0.5]]})");
  EXPECT_EQ(answer(R"( {"instances" : [ {"hours":5e-1, "work class":"Private", "age":16.0} ] } )"), expected);
  EXPECT_EQ(answer(R"({"instances":[{"work class":"Priv\u0061te","hours":0.5,"age":16}]})"), expected);
}

TEST_F(ShortProtocol, NullIsMissingAndAnUnknownCategoryHasACodeOfItsOwn) {
  EXPECT_EQ(answer(R"({"instances":[[null,null,null],[0,"nobody",0]]})"),
            R"({"predictions":["<=50K","<=50K"],"probabilities":[[1,0],[0.625,0.375]],"classes":["<=50K",">50K"]})");
}

TEST_F(ShortProtocol, ReadsANumberAsTheCategoryThatItSpells) {
  EXPECT_EQ(answer(R"({"instances":[[0,1,0],[0,1.0,0]]})"), answer(R"({"instances":[[0,"1",0],[0,"1",0]]})"));
}

TEST_F(ShortProtocol, WritesNumericClassesAsNumbers) {
  Schema schema = people_schema(Task::classification);
  schema.target.classes = {"0", "1"};
  EXPECT_EQ(Protocol(schema).answer("/predict", R"({"instances":[[48,"1",0]]})"),
            R"({"predictions":[1],"probabilities":[[0.25,0.75]],"classes":[0,1]})");

  schema.target.classes = {"00", "\"x\""};
  EXPECT_EQ(Protocol(schema).answer("/predict", R"({"instances":[[48,"1",0]]})"),
            R"({"predictions":["\"x\""],"probabilities":[[0.25,0.75]],"classes":["00","\"x\""]})");
}

TEST_F(ShortProtocol, TellsWhatEachFeatureAddsWhereAsked) {
  Protocol numbers(people_schema(Task::regression));
  EXPECT_EQ(numbers.answer("/predict", R"({"instances":[[16,"Private",1]],"explain":true})"),
            R"({"predictions":[1.375],"explanations":[{"base":0.5,"contributions":{"age":0.25,"work class":0.125,)"
            R"("hours":1}}]})");
  EXPECT_EQ(numbers.answer("/predict", R"({"instances":[[16,"Private",1]],"explain":false})"),
            R"({"predictions":[1.375]})");
  EXPECT_EQ(refusal(R"({"instances":[[16,"1",0]],"explain":"yes"})"),
            R"(400 [predict] explain: expected true or false, got "yes")");
}

class UnexplainedPredictor final : public FakePredictor {
 public:
  using FakePredictor::FakePredictor;
  std::size_t n_margins() const noexcept override { return 0; }
};

TEST_F(ShortProtocol, SaysThatAModelDoesNotExplain) {
  std::vector<serving::ServedModel> models;
  models.push_back({"people", "1", std::make_unique<UnexplainedPredictor>(people_schema(Task::regression))});
  serving::Router router(models, 5);
  HttpRequest request{.method = HttpMethod::post, .path = "/predict"};
  request.body = R"({"instances":[[16,"1",0]],"explain":true})";
  const std::string refusal =
      "this model does not explain its predictions; some of its prepared columns are made of several together, as by "
      "polynomial, normalize or hashing, or it is too large to explain while it serves; thrum explain tells which";
  EXPECT_EQ(Protocol::refusal_in(router.handle(request)), "400 [predict] explain: " + refusal);
  request.path = "/v2/models/people/infer";
  request.body = R"({"inputs":[],"outputs":[{"name":"contributions"}]})";
  EXPECT_EQ(Protocol::refusal_in(router.handle(request)), "400 [predict] outputs[0]: " + refusal);
}

TEST_F(ShortProtocol, RefusesWhatIsNotJson) {
  const std::string hint = R"(; expected {"instances": [{"feature": value, …}, …]})";
  EXPECT_EQ(refusal(""), "400 [predict] the body is empty" + hint);
  EXPECT_EQ(refusal(" \n"), "400 [predict] the body is empty" + hint);
  EXPECT_EQ(refusal("\xef\xbb\xbf{\"instances\":[[1,\"1\",0]]}"),
            "400 [predict] the body begins with a byte order mark (EF BB BF); send it as UTF-8 without one");
  EXPECT_EQ(refusal(R"({"instances":[[1,)"), "400 [predict] not valid JSON at byte 18" + hint);
  EXPECT_EQ(refusal(R"({"instances":[[NaN,"1",0]]})"), "400 [predict] not valid JSON at byte 16" + hint);
  EXPECT_EQ(refusal(R"({'instances':[]})"), "400 [predict] not valid JSON at byte 2" + hint);
  EXPECT_EQ(refusal("{\"instances\":[[\"\xff\"]]}"), "400 [predict] not valid JSON at byte 17" + hint);
  EXPECT_EQ(refusal(R"({"instances":[[1e999,"1",0]]})"),
            "400 [predict] the number 1e999 at byte 16 is beyond the largest double; send null for a missing value");
  EXPECT_EQ(refusal(R"({"instances":[[0,"1",18446744073709551616]]})"),
            "400 [predict] the integer 18446744073709551616 at byte 22 takes more than 64 bits; write it as a double, "
            "such as 1e20");
  EXPECT_THAT(refusal(R"({"instances":[[1,"1",0]]} x)"), testing::StartsWith("400 [predict] not valid JSON at byte"));
  EXPECT_THAT(refusal(std::string(100000, '[')), testing::StartsWith("400 [predict] the body is not valid JSON: "));
}

TEST_F(ShortProtocol, ReadsTheExtremesOfJson) {
  const std::string zero = answer(R"({"instances":[[0,"1",0]]})");
  const auto with_hours = [](const std::string& hours) { return R"({"instances":[[0,"1",)" + hours + "]]}"; };
  for (const std::string hours : {"-0", "-0.0", "1e-999", "0e5", "null"}) EXPECT_EQ(answer(with_hours(hours)), zero);
  EXPECT_EQ(answer(with_hours("0." + std::string(1000000, '0') + "1")), zero);
  for (const std::string hours : {"18446744073709551615", "-9223372036854775808", "1.7976931348623157e308", "5e-324"}) {
    EXPECT_THAT(answer(with_hours(hours)), testing::HasSubstr("predictions"));
  }
  EXPECT_EQ(answer(R"({"instances":[[0,"a\u0000b",0]]})"), answer(R"({"instances":[[0,"nobody",0]]})"));
  for (const std::string hours : {"NaN", "Infinity", "-Infinity", "+1", "01", ".5", "5.", "0x5", "1_000", "--1"}) {
    EXPECT_THAT(refusal(with_hours(hours)), testing::StartsWith("400 [predict] not valid JSON at byte")) << hours;
  }
  const std::string long_number = refusal(with_hours(std::string(1000000, '1')));
  EXPECT_THAT(long_number, testing::StartsWith("400 [predict] the number 1111"));
  EXPECT_LT(long_number.size(), 300u);
  EXPECT_THAT(refusal("\xef\xbb\xbf" + with_hours("0")), testing::StartsWith("400 [predict] "));
  EXPECT_THAT(refusal(with_hours("\"\xc0\xaf\"")), testing::StartsWith("400 [predict] not valid JSON at byte"));
  EXPECT_THAT(refusal(with_hours("\"\\ud800\"")), testing::StartsWith("400 [predict] "));
}

TEST_F(ShortProtocol, RefusesAnotherShapeOfTheBody) {
  EXPECT_EQ(refusal("[[1,\"1\",0]]"),
            R"(400 [predict] expected an object, got a list; {"instances": [{"feature": value, …}, …]})");
  EXPECT_EQ(refusal("{}"),
            R"(400 [predict] the key "instances" is missing; expected {"instances": [{"feature": value, …}, …]})");
  EXPECT_EQ(refusal(R"({"instance":[]})"), R"(400 [predict] the key "instance" is not known; nearest: "instances")");
  EXPECT_EQ(refusal(R"({"instances":[[0,"1",0]],"instances":[]})"), R"(400 [predict] "instances" is given twice)");
  EXPECT_EQ(refusal(R"({"instances":[]})"), "400 [predict] instances: there is no row; send at least one");
  EXPECT_EQ(refusal(R"({"instances":{"age":1}})"),
            "400 [predict] instances: expected a list, got an object; one object of features, or one list of values, "
            "per row");
}

TEST_F(ShortProtocol, NamesThePlaceOfTheFault) {
  const std::string row = R"([0,"1",0],)";
  EXPECT_EQ(refusal(R"({"instances":[)" + row + row + R"({"age":"abc","work class":"1","hours":1}]})"),
            R"(400 [predict] instances[2] (feature "age"): expected a number, got "abc")");
  EXPECT_EQ(refusal(R"({"instances":[[0,"1",true]]})"),
            R"(400 [predict] instances[0] (feature "hours"): expected a number, got true)");
  EXPECT_EQ(refusal(R"({"instances":[[0,"1",[1]]]})"),
            R"(400 [predict] instances[0] (feature "hours"): expected a number, got a list)");
  EXPECT_EQ(
      refusal(R"({"instances":[[0,false,0]]})"),
      R"(400 [predict] instances[0] (feature "work class"): expected a text, got false; the categories are "1", "Private", "State-gov")");
  EXPECT_EQ(refusal(R"({"instances":[)" + row + R"(7]})"),
            "400 [predict] instances[1]: expected an object of features or a list of 3 values, got 7");
  EXPECT_EQ(refusal(R"({"instances":[[0,"1"]]})"),
            "400 [predict] instances[0]: expected 3 values, got 2; one for each feature in the order of the model, or "
            "an object by name");
  EXPECT_EQ(refusal(R"({"instances":[{"age":1,"work clas":"1","hours":1}]})"),
            R"(400 [predict] instances[0]: the model has no feature "work clas"; nearest: "work class")");
  EXPECT_EQ(refusal(R"({"instances":[{"age":1,"hours":1}]})"),
            R"(400 [predict] instances[0]: the feature "work class" is absent; null says that a value is missing)");
  EXPECT_EQ(refusal(R"({"instances":[{"age":1,"hours":1,"age":2}]})"),
            R"(400 [predict] instances[0]: the feature "age" is given twice)");
}

TEST_F(ShortProtocol, ShortensWhatItQuotes) {
  const std::string text = std::string(59, 'x') + "éé";
  EXPECT_EQ(refusal(R"({"instances":[[")" + text + R"(","1",0]]})"),
            R"(400 [predict] instances[0] (feature "age"): expected a number, got ")" + std::string(59, 'x') + "é…\"");
}

TEST_F(ShortProtocol, RefusesTooManyRows) {
  std::string rows = R"([0,"1",0])";
  for (int i = 0; i < 4; ++i) rows += R"(,[0,"1",0])";
  EXPECT_THAT(answer(R"({"instances":[)" + rows + "]}"), testing::HasSubstr("predictions"));
  EXPECT_EQ(refusal(R"({"instances":[)" + rows + R"(,[0,"1",0]]})"),
            "413 [predict] more than 5 rows in one request; send them in several requests");
}

TEST_F(ShortProtocol, AnswersAfterAFault) {
  refusal(R"({"instances":[{"age":1},[}]})");
  EXPECT_EQ(answer(R"({"instances":[[16,"1",0]]})"),
            R"({"predictions":["<=50K"],"probabilities":[[0.75,0.25]],"classes":["<=50K",">50K"]})");
}

}  // namespace
}  // namespace thrum
