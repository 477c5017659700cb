#include "thrum/serve/tensorflow_protocol_internal.h"

#include <gmock/gmock.h>

#include "thrum/serve/protocol_fixture_test.h"

namespace thrum {
namespace {

constexpr std::string_view path = "/v1/models/people:predict";

class TensorflowProtocol : public testing::Test {
 protected:
  std::string answer(std::string_view body) { return people.answer(path, body); }
  std::string refusal(std::string_view body) { return people.refusal(path, body); }

  Protocol people{people_schema(Task::classification)};
};

TEST_F(TensorflowProtocol, AnswersRowsWithPredictions) {
  EXPECT_EQ(answer(R"({"instances":[{"age":16,"work class":"1","hours":0},[32,"1",0.25]]})"),
            R"({"predictions":["<=50K",">50K"]})");
  EXPECT_EQ(people.answer("/v1/models/people/versions/1:predict", R"({"instances":[[16,"1",0]]})"),
            R"({"predictions":["<=50K"]})");
}

TEST_F(TensorflowProtocol, AnswersColumnsWithOutputs) {
  EXPECT_EQ(answer(R"({"inputs":{"age":[16,32],"work class":["1","1"],"hours":[0,0.25]}})"),
            R"({"outputs":["<=50K",">50K"]})");
  EXPECT_EQ(answer(R"({"signature_name":"serving_default","inputs":[[16,"1",0]]})"), R"({"outputs":["<=50K"]})");
}

TEST_F(TensorflowProtocol, AnswersProbabilitiesBySignature) {
  EXPECT_EQ(answer(R"({"signature_name":"predict_proba","instances":[[16,"1",0]]})"),
            R"({"predictions":[[0.75,0.25]]})");
  EXPECT_EQ(refusal(R"({"signature_name":"classify","instances":[[16,"1",0]]})"),
            R"(400 [predict] signature_name: expected "predict" or "predict_proba", got "classify")");
}

TEST_F(TensorflowProtocol, RefusesBothFormsAndNone) {
  const std::string expected =
      R"(400 [predict] expected one of the keys "instances" and "inputs"; {"instances": [row, …]} or )"
      R"({"inputs": {"feature": [value, …], …}})";
  EXPECT_EQ(refusal("{}"), expected);
  EXPECT_EQ(refusal(R"({"instances":[],"inputs":{}})"), expected);
  EXPECT_EQ(people.post(path, R"({"instances":[[16,"1",true]]})").body,
            R"({"error":"[predict] instances[0] (feature \"hours\"): expected a number, got true"})");
}

TEST_F(TensorflowProtocol, TellsTheStatusOfAModel) {
  EXPECT_EQ(people.get("/v1/models/people"),
            R"({"name":"people","ready":true,"model_version_status":[{"version":"1","state":"AVAILABLE",)"
            R"("status":{"error_code":"OK","error_message":""}}]})");
  EXPECT_EQ(people.get("/v1/models"), R"({"models":["people"]})");
  EXPECT_EQ(Protocol::refusal_in(people.post("/v1/models/dogs:predict", "{}")),
            R"(404 [serve] there is no model "dogs"; GET /v2/models lists them)");
}

TEST_F(TensorflowProtocol, TellsWhatAModelTakesAndGives) {
  const auto json = nlohmann::json::parse(people.get("/v1/models/people/versions/1/metadata"));
  EXPECT_EQ(json["model_spec"].dump(), R"({"name":"people","signature_name":"","version":"1"})");
  const auto& signature = json["metadata"]["signature_def"]["signature_def"]["serving_default"];
  EXPECT_EQ(signature["method_name"], "tensorflow/serving/predict");
  EXPECT_EQ(signature["inputs"].size(), 3u);
  const std::string shape = R"("tensor_shape":{"dim":[{"name":"","size":"-1"}],"unknown_rank":false}})";
  EXPECT_EQ(signature["inputs"]["age"].dump(), R"({"dtype":"DT_DOUBLE","name":"age",)" + shape);
  EXPECT_EQ(signature["outputs"].dump(), R"({"predictions":{"dtype":"DT_STRING","name":"predictions",)" + shape + "}");
}

}  // namespace
}  // namespace thrum
