#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "thrum/serve/fake_predictor_test.h"
#include "thrum/serve/http_request.h"
#include "thrum/serve/predict_handler_internal.h"

namespace thrum::serving {
namespace {

class PredictHandlerTest : public testing::Test {
 protected:
  std::string answer(std::string_view body) {
    std::string json;
    handler.answer(json, body);
    return json;
  }

  /// "status message | hint"
  std::string refusal(std::string_view body) {
    std::string json;
    try {
      handler.answer(json, body);
    } catch (const HttpError& error) {
      EXPECT_EQ(json, "");
      return std::to_string(error.status()) + " " + error.what() + (error.hint().empty() ? "" : " | " + error.hint());
    }
    return "answered " + json;
  }

  FakePredictor predictor{people_schema(Task::classification)};
  PredictHandler handler{predictor, 5};
};

TEST_F(PredictHandlerTest, AnswersClassesWithProbabilities) {
  EXPECT_EQ(answer(R"({"instances":[{"age":16,"work class":"1","hours":0},{"age":32,"work class":"1","hours":0.25}]})"),
            R"({"predictions":["<=50K",">50K"],"probabilities":[[0.75,0.25],[0.25,0.75]],"classes":["<=50K",">50K"]})");
}

TEST_F(PredictHandlerTest, FirstOfEqualClassesWins) {
  EXPECT_EQ(answer(R"({"instances":[[32,"1",0]]})"),
            R"({"predictions":["<=50K"],"probabilities":[[0.5,0.5]],"classes":["<=50K",">50K"]})");
}

TEST_F(PredictHandlerTest, AnswersARegressionWithNumbers) {
  const FakePredictor regression(people_schema(Task::regression));
  PredictHandler numbers(regression, 5);
  std::string json;
  numbers.answer(json, R"({"instances":[[16,"1",1],{"hours":-1e300,"age":0,"work class":"1"}]})");
  EXPECT_EQ(json, R"({"predictions":[1.25,-1e+300]})");
}

TEST_F(PredictHandlerTest, NonFiniteOutputsAreNull) {
  const FakePredictor regression(people_schema(Task::regression));
  PredictHandler numbers(regression, 5);
  std::string json;
  numbers.answer(json, R"({"instances":[[0,"1",1],[1.7e308,"1",1.79e308]]})");
  EXPECT_EQ(json, R"({"predictions":[1,null]})");
}

TEST_F(PredictHandlerTest, ReadsFeaturesInAnyOrderAndForm) {
  const std::string expected = answer(R"({"instances":[[16,"Private",0.5]]})");
  EXPECT_EQ(answer(R"( {"instances" : [ {"hours":5e-1, "work class":"Private", "age":16.0} ] } )"), expected);
  EXPECT_EQ(answer(R"({"instances":[{"work class":"Priv\u0061te","hours":0.5,"age":16}]})"), expected);
}

TEST_F(PredictHandlerTest, NullIsMissingAndAnUnknownCategoryHasACodeOfItsOwn) {
  EXPECT_EQ(answer(R"({"instances":[[null,null,null],[0,"nobody",0]]})"),
            R"({"predictions":["<=50K","<=50K"],"probabilities":[[1,0],[0.625,0.375]],"classes":["<=50K",">50K"]})");
}

TEST_F(PredictHandlerTest, ReadsANumberAsTheCategoryThatItSpells) {
  EXPECT_EQ(answer(R"({"instances":[[0,1,0],[0,1.0,0]]})"), answer(R"({"instances":[[0,"1",0],[0,"1",0]]})"));
}

TEST_F(PredictHandlerTest, WritesNumericClassesAsNumbers) {
  Schema schema = people_schema(Task::classification);
  schema.target.classes = {"0", "1"};
  const FakePredictor digits(schema);
  std::string json;
  PredictHandler(digits, 5).answer(json, R"({"instances":[[48,"1",0]]})");
  EXPECT_EQ(json, R"({"predictions":[1],"probabilities":[[0.25,0.75]],"classes":[0,1]})");

  schema.target.classes = {"00", "\"x\""};
  const FakePredictor texts(schema);
  json.clear();
  PredictHandler(texts, 5).answer(json, R"({"instances":[[48,"1",0]]})");
  EXPECT_EQ(json, R"({"predictions":["\"x\""],"probabilities":[[0.25,0.75]],"classes":["00","\"x\""]})");
}

TEST_F(PredictHandlerTest, RefusesWhatIsNotJson) {
  const std::string hint = R"( | expected {"instances": [{"feature": value, …}, …]})";
  EXPECT_EQ(refusal(""), "400 [predict] the body is empty" + hint);
  EXPECT_EQ(refusal(" \n"), "400 [predict] the body is empty" + hint);
  EXPECT_EQ(refusal(R"({"instances":[[1,)"), "400 [predict] not valid JSON at byte 18" + hint);
  EXPECT_EQ(refusal(R"({"instances":[[NaN,"1",0]]})"), "400 [predict] not valid JSON at byte 16" + hint);
  EXPECT_EQ(refusal(R"({'instances':[]})"), "400 [predict] not valid JSON at byte 2" + hint);
  EXPECT_EQ(refusal("{\"instances\":[[\"\xff\"]]}"), "400 [predict] not valid JSON at byte 17" + hint);
  EXPECT_EQ(refusal(R"({"instances":[[1e999,"1",0]]})"),
            "400 [predict] the number 1e999 at byte 16 is beyond the largest double | send null for a missing value");
  EXPECT_EQ(refusal(R"({"instances":[[0,"1",18446744073709551616]]})"),
            "400 [predict] the integer 18446744073709551616 at byte 22 takes more than 64 bits | write it as a double, "
            "such as 1e20");
  EXPECT_THAT(refusal(R"({"instances":[[1,"1",0]]} x)"), testing::StartsWith("400 [predict] not valid JSON at byte"));
  EXPECT_THAT(refusal(std::string(100000, '[')), testing::StartsWith("400 [predict] the body is not valid JSON: "));
}

TEST_F(PredictHandlerTest, RefusesAnotherShapeOfTheBody) {
  EXPECT_EQ(refusal("[[1,\"1\",0]]"),
            R"(400 [predict] expected an object, got a list | {"instances": [{"feature": value, …}, …]})");
  EXPECT_EQ(refusal("{}"),
            R"(400 [predict] the key "instances" is missing | expected {"instances": [{"feature": value, …}, …]})");
  EXPECT_EQ(refusal(R"({"instance":[]})"), R"(400 [predict] the key "instance" is not known | nearest: "instances")");
  EXPECT_EQ(refusal(R"({"instances":[[0,"1",0]],"instances":[]})"), R"(400 [predict] "instances" is given twice)");
  EXPECT_EQ(refusal(R"({"instances":[]})"), R"(400 [predict] "instances" is empty | send at least one)");
  EXPECT_EQ(refusal(R"({"instances":{"age":1}})"),
            R"(400 [predict] "instances": expected a list, got an object | {"instances": [{"feature": value, …}, …]})");
}

TEST_F(PredictHandlerTest, NamesThePlaceOfTheFault) {
  const std::string row = R"([0,"1",0],)";
  EXPECT_EQ(refusal(R"({"instances":[)" + row + row + R"({"age":"abc","work class":"1","hours":1}]})"),
            R"(400 [predict] instances[2] (feature "age"): expected a number, got "abc")");
  EXPECT_EQ(refusal(R"({"instances":[[0,"1",true]]})"),
            R"(400 [predict] instances[0] (feature "hours"): expected a number, got true)");
  EXPECT_EQ(refusal(R"({"instances":[[0,"1",[1]]]})"),
            R"(400 [predict] instances[0] (feature "hours"): expected a number, got a list)");
  EXPECT_EQ(refusal(R"({"instances":[[0,false,0]]})"),
            R"(400 [predict] instances[0] (feature "work class"): expected a text, got false)");
  EXPECT_EQ(refusal(R"({"instances":[)" + row + R"(7]})"),
            "400 [predict] instances[1]: expected an object of features or a list of 3 values, got 7");
  EXPECT_EQ(refusal(R"({"instances":[[0,"1"]]})"),
            "400 [predict] instances[0]: expected 3 values, got 2 | one for each feature in the order of the model, or "
            "an object by name");
  EXPECT_EQ(refusal(R"({"instances":[{"age":1,"work clas":"1","hours":1}]})"),
            R"(400 [predict] instances[0]: the model has no feature "work clas" | nearest: "work class")");
  EXPECT_EQ(refusal(R"({"instances":[{"age":1,"hours":1}]})"),
            R"(400 [predict] instances[0]: the feature "work class" is absent | null says that a value is missing)");
  EXPECT_EQ(refusal(R"({"instances":[{"age":1,"hours":1,"age":2}]})"),
            R"(400 [predict] instances[0]: the feature "age" is given twice)");
}

TEST_F(PredictHandlerTest, ShortensWhatItQuotes) {
  const std::string text = std::string(59, 'x') + "éé";
  EXPECT_EQ(refusal(R"({"instances":[[")" + text + R"(","1",0]]})"),
            R"(400 [predict] instances[0] (feature "age"): expected a number, got ")" + std::string(59, 'x') + "…\"");
}

TEST_F(PredictHandlerTest, RefusesTooManyRows) {
  std::string rows = R"([0,"1",0])";
  for (int i = 0; i < 4; ++i) rows += R"(,[0,"1",0])";
  EXPECT_EQ(refusal(R"({"instances":[)" + rows + "]}").substr(0, 8), "answered");
  EXPECT_EQ(refusal(R"({"instances":[)" + rows + R"(,[0,"1",0]]})"),
            "413 [predict] more than 5 instances in one request | send them in several requests");
}

TEST_F(PredictHandlerTest, AnswersAfterAFault) {
  refusal(R"({"instances":[{"age":1},[}]})");
  EXPECT_EQ(answer(R"({"instances":[[16,"1",0]]})"),
            R"({"predictions":["<=50K"],"probabilities":[[0.75,0.25]],"classes":["<=50K",">50K"]})");
}

}  // namespace
}  // namespace thrum::serving
