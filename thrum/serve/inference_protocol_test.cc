#include "thrum/serve/inference_protocol_internal.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <cstring>
#include <limits>

#include "thrum/serve/protocol_fixture_test.h"

namespace thrum {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view infer = "/v2/models/people/infer";

template <class T>
std::string raw(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::string raw_texts(const std::vector<std::string>& texts) {
  std::string bytes;
  for (const std::string& text : texts) bytes += raw(std::vector{static_cast<std::uint32_t>(text.size())}) + text;
  return bytes;
}

Schema numbers_schema(Task task) {
  Schema schema = people_schema(task);
  schema.features[1] = {"code"};
  return schema;
}

class InferenceProtocol : public testing::Test {
 protected:
  std::string refusal(const std::string& body) { return people.refusal(infer, body); }
  /// The one of three inputs for one row whose fault is looked for.
  std::string refusal_of_age(const std::string& input) {
    return refusal(R"({"inputs":[)" + input + R"(,{"name":"work class","shape":[1],"datatype":"BYTES","data":["1"]},)" +
                   R"({"name":"hours","shape":[1],"datatype":"FP64","data":[0]}]})");
  }
  /// JSON and the bytes after it.
  HttpResponse post_binary(Protocol& protocol, const std::string& json, const std::string& bytes) {
    const std::string length = std::to_string(json.size());
    return protocol.post(infer, json + bytes, {{"Inference-Header-Content-Length", length}});
  }

  Protocol people{people_schema(Task::classification)};
  Protocol numbers{numbers_schema(Task::regression)};
};

TEST_F(InferenceProtocol, AnswersOneInputPerFeature) {
  EXPECT_EQ(people.answer(infer, R"({"id":"7","inputs":[
                {"name":"hours","shape":[2,1],"datatype":"FP32","data":[[0],[0.25]]},
                {"name":"work class","shape":[2],"datatype":"BYTES","data":["1","1"]},
                {"name":"age","shape":[2],"datatype":"INT64","data":[16,32]}]})"),
            R"({"model_name":"people","model_version":"1","id":"7","outputs":[)"
            R"({"name":"predictions","datatype":"BYTES","shape":[2],"data":["<=50K",">50K"]},)"
            R"({"name":"probabilities","datatype":"FP64","shape":[2,2],"data":[0.75,0.25,0.25,0.75]}]})");
}

TEST_F(InferenceProtocol, AnswersOneInputForAllFeatures) {
  const std::string expected = R"({"model_name":"people","model_version":"1","outputs":[)"
                               R"({"name":"predictions","datatype":"FP64","shape":[2],"data":[1.25,1]}]})";
  for (const std::string data : {"[16,0,1, 0,8,0]", "[[16,0,1],[0,8,0]]"}) {
    const std::string input = R"({"name":"input-0","shape":[2,3],"datatype":"FP64","data":)" + data + "}";
    EXPECT_EQ(numbers.answer(infer, R"({"inputs":[)" + input + "]}"), expected);
  }
}

TEST_F(InferenceProtocol, ReadsEveryDatatype) {
  const auto age_of = [&](const std::string& type, const std::string& age) {
    return numbers.answer(
        infer, R"({"inputs":[{"name":"x","shape":[1,3],"datatype":")" + type + R"(","data":[)" + age + ",0,0]}]}");
  };
  for (const std::string type : {"INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64"}) {
    EXPECT_THAT(age_of(type, "-32"), HasSubstr("\"data\":[-0.5]")) << type;
  }
  for (const std::string type : {"UINT8", "UINT16", "UINT32", "UINT64"}) {
    EXPECT_THAT(age_of(type, "32.0"), HasSubstr("\"data\":[0.5]")) << type;
  }
  EXPECT_THAT(
      numbers.answer(infer, R"({"inputs":[{"name":"x","shape":[1,3],"datatype":"BOOL","data":[false,false,true]}]})"),
      HasSubstr("\"data\":[1]"));
}

TEST_F(InferenceProtocol, ReadsBinaryTensors) {
  const auto answer = [&](const std::string& type, const std::string& bytes) {
    const std::string json = R"({"inputs":[{"name":"x","shape":[1,3],"datatype":")" + type +
                             R"(","parameters":{"binary_data_size":)" + std::to_string(bytes.size()) + "}}]}";
    return post_binary(numbers, json, bytes).body;
  };
  EXPECT_THAT(answer("BOOL", raw<std::uint8_t>({0, 0, 1})), HasSubstr("\"data\":[1]"));
  EXPECT_THAT(answer("INT8", raw<std::int8_t>({-32, 0, 1})), HasSubstr("\"data\":[0.5]"));
  EXPECT_THAT(answer("UINT16", raw<std::uint16_t>({64, 0, 65535})), HasSubstr("\"data\":[65536]"));
  EXPECT_THAT(answer("INT32", raw<std::int32_t>({-64, 0, 0})), HasSubstr("\"data\":[-1]"));
  EXPECT_THAT(answer("UINT64", raw<std::uint64_t>({0, 0, 1ull << 60})), HasSubstr("\"data\":[1152921504606846976]"));
  EXPECT_THAT(answer("FP16", raw<std::uint16_t>({0xd000, 0x3c00, 0x0001})),
              HasSubstr("\"data\":[-0.3749999403953552]"));
  EXPECT_THAT(answer("FP32", raw<float>({0, 0, 0.1f})), HasSubstr("\"data\":[0.10000000149011612]"));
  EXPECT_THAT(answer("FP64", raw<double>({0, std::numeric_limits<double>::quiet_NaN(), 0.1})),
              HasSubstr("\"data\":[0.1]"));
}

TEST_F(InferenceProtocol, ReadsAndWritesTextsInBytes) {
  const std::string texts = raw_texts({"1", "State-gov"});
  const std::string json =
      R"({"parameters":{"binary_data_output":true},"inputs":[
          {"name":"age","shape":[2],"datatype":"FP64","parameters":{"binary_data_size":16}},
          {"name":"hours","shape":[2],"datatype":"FP64","data":[0,0.5]},
          {"name":"work class","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":)" +
      std::to_string(texts.size()) + "}}]}";
  const HttpResponse response = post_binary(people, json, raw<double>({16, 0}) + texts);
  EXPECT_EQ(response.content_type, "application/octet-stream");
  const std::string head =
      R"({"model_name":"people","model_version":"1","outputs":[)"
      R"({"name":"predictions","datatype":"BYTES","shape":[2],"parameters":{"binary_data_size":17}},)"
      R"({"name":"probabilities","datatype":"FP64","shape":[2,2],"parameters":{"binary_data_size":32}}]})";
  EXPECT_EQ(response.fields, "Inference-Header-Content-Length: " + std::to_string(head.size()) + "\r\n");
  EXPECT_EQ(response.body, head + raw_texts({"<=50K", ">50K"}) + raw<double>({0.75, 0.25, 0.25, 0.75}));
}

TEST_F(InferenceProtocol, WritesWhatIsAskedFor) {
  const std::string inputs = R"("inputs":[
      {"name":"age","shape":[1],"datatype":"FP64","data":[16]},{"name":"hours","shape":[1],"datatype":"FP64","data":[0]},
      {"name":"work class","shape":[1],"datatype":"BYTES","data":["1"]}])";
  EXPECT_THAT(people.answer(infer, R"({"outputs":[{"name":"probabilities"}],)" + inputs + "}"),
              EndsWith(R"("outputs":[{"name":"probabilities","datatype":"FP64","shape":[1,2],"data":[0.75,0.25]}]})"));
  const std::string mixed = people.answer(
      infer, R"({"outputs":[{"name":"predictions","parameters":{"binary_data":true}},{"name":"probabilities"}],)" +
                 inputs + "}");
  EXPECT_THAT(mixed, HasSubstr(R"("shape":[1],"parameters":{"binary_data_size":9}},{"name":"probabilities")"));
  EXPECT_THAT(mixed, EndsWith("]}" + raw_texts({"<=50K"})));
  EXPECT_EQ(people.refusal(infer, R"({"outputs":[{"name":"probabilites"}],)" + inputs + "}"),
            R"(400 [predict] outputs[0]: the model has no output "probabilites"; nearest: "probabilities")");
  EXPECT_EQ(people.refusal(infer, R"({"outputs":[{"name":"predictions"},{"name":"predictions"}],)" + inputs + "}"),
            R"(400 [predict] outputs[1]: "predictions" is given twice)");
  EXPECT_EQ(people.refusal(infer, R"({"outputs":[{}],)" + inputs + "}"),
            R"(400 [predict] outputs[0]: the key "name" is missing)");
}

TEST_F(InferenceProtocol, TellsWhatEachFeatureAddsWhereAsked) {
  const std::string input = R"("inputs":[{"name":"x","shape":[2,3],"datatype":"FP64","data":[16,0,1,32,8,0]}])";
  EXPECT_THAT(
      numbers.answer(infer, R"({"outputs":[{"name":"contributions"}],)" + input + "}"),
      EndsWith(R"({"name":"contributions","datatype":"FP64","shape":[2,1,4],"data":[0.25,0,1,0.5,0.5,1,0,0.5]}]})"));
  EXPECT_THAT(numbers.answer(infer, "{" + input + "}"), testing::Not(HasSubstr("contributions")));
}

TEST_F(InferenceProtocol, WritesWholeNumbersAsInt64) {
  Schema schema = numbers_schema(Task::classification);
  schema.target.classes = {"-1", "10"};
  Protocol digits(schema);
  const std::string input = R"("inputs":[{"name":"x","shape":[1,3],"datatype":"FP64","data":[48,0,0]}])";
  EXPECT_THAT(digits.answer(infer, "{" + input + "}"),
              HasSubstr(R"({"name":"predictions","datatype":"INT64","shape":[1],"data":[10]})"));
  EXPECT_THAT(
      digits.answer(infer, R"({"outputs":[{"name":"predictions","parameters":{"binary_data":true}}],)" + input + "}"),
      EndsWith("]}" + raw<std::int64_t>({10})));
  EXPECT_THAT(numbers.refusal(infer, R"({"outputs":[{"name":"probabilities"}],)" + input + "}"),
              StartsWith(R"(400 [predict] outputs[0]: the model has no output "probabilities")"));
}

TEST_F(InferenceProtocol, NamesThePlaceOfAValue) {
  EXPECT_EQ(numbers.refusal(infer, R"({"inputs":[{"name":"x","shape":[2,3],"datatype":"FP64",)"
                                   R"("data":[[1,2,3],[1,2,"abc"]]}]})"),
            R"(400 [predict] inputs[0].data[1][2] (feature "hours"): expected a number, got "abc")");
  EXPECT_EQ(numbers.refusal(infer, R"({"inputs":[{"name":"x","shape":[2,3],"datatype":"FP64",)"
                                   R"("data":[1,2,3,true,2,3]}]})"),
            R"(400 [predict] inputs[0].data[3] (feature "age"): expected a number, got true)");
  EXPECT_EQ(refusal_of_age(R"({"name":"age","shape":[1],"datatype":"INT8","data":[300]})"),
            R"(400 [predict] inputs[0].data[0] (feature "age"): expected INT8, got 300)");
  EXPECT_EQ(refusal_of_age(R"({"name":"age","shape":[1],"datatype":"UINT32","data":[-1]})"),
            R"(400 [predict] inputs[0].data[0] (feature "age"): expected UINT32, got -1)");
  EXPECT_EQ(refusal_of_age(R"({"name":"age","shape":[1],"datatype":"INT64","data":[1.5]})"),
            R"(400 [predict] inputs[0].data[0] (feature "age"): expected INT64, got 1.5)");
  EXPECT_EQ(refusal_of_age(R"({"name":"age","shape":[1],"datatype":"FP32","data":[1e39]})"),
            R"(400 [predict] inputs[0].data[0] (feature "age"): expected FP32, got 1e+39)");
  EXPECT_EQ(refusal(R"({"inputs":[{"name":"work class","shape":[1],"datatype":"BYTES","data":[1]}]})"),
            R"(400 [predict] inputs: the feature "age" is absent; null says that a value is missing)");
}

TEST_F(InferenceProtocol, NamesThePlaceOfACode) {
  Schema schema = people_schema(Task::classification);
  schema.features[1].categories = {"Private", "State-gov"};
  Protocol texts(schema);
  const auto body = [](const std::string& work) {
    return R"({"inputs":[{"name":"age","shape":[1],"datatype":"FP64","data":[1]},)"
           R"({"name":"hours","shape":[1],"datatype":"FP64","data":[1]},{"name":"work class","shape":[1],)" +
           work + "}]}";
  };
  EXPECT_EQ(texts.refusal(infer, body(R"("datatype":"INT64","data":[1])")),
            R"(400 [predict] inputs[2].data[0] (feature "work class"): expected a text, got 1; )"
            R"(the categories are "Private", "State-gov")");
  EXPECT_THAT(people.answer(infer, body(R"("datatype":"INT64","data":[1])")), HasSubstr("predictions"));
}

TEST_F(InferenceProtocol, RefusesUnknownCategoriesWhereTheModelDoes) {
  Schema schema = people_schema(Task::classification);
  schema.features[1].refuses_unknown = true;
  Protocol strict(schema);
  const auto refusal = [&](const std::string& inputs) {
    return strict.refusal(infer, R"({"inputs":[)" + inputs + "]}");
  };
  EXPECT_EQ(refusal(R"({"name":"age","shape":[1],"datatype":"FP64","data":[1]},)"
                    R"({"name":"hours","shape":[1],"datatype":"FP64","data":[1]},)"
                    R"({"name":"work class","shape":[1],"datatype":"BYTES","data":["clerk"]})"),
            R"(400 [predict] inputs[2].data[0] (feature "work class"): expected a category of the training rows, )"
            R"(got "clerk"; the categories are "1", "Private", "State-gov")");
  EXPECT_EQ(refusal(R"({"name":"rows","shape":[2,3],"datatype":"FP64","data":[[0,1,0],[0,7,0]]})"),
            R"(400 [predict] inputs[0].data[1][1] (feature "work class"): expected a category of the training rows, )"
            R"(got 7; the categories are "1", "Private", "State-gov")");
  EXPECT_THAT(strict.get("/openapi.json"), HasSubstr(R"("enum":["1","Private","State-gov",null])"));
}

TEST_F(InferenceProtocol, RefusesOtherNamesAndShapes) {
  EXPECT_EQ(refusal_of_age(R"({"name":"agee","shape":[1],"datatype":"FP64","data":[1]})"),
            R"(400 [predict] inputs[0]: the model has no feature "agee"; nearest: "age")");
  EXPECT_EQ(refusal_of_age(R"({"name":"hours","shape":[1],"datatype":"FP64","data":[1]})"),
            R"(400 [predict] inputs[2]: the feature "hours" is given twice)");
  EXPECT_EQ(refusal_of_age(R"({"name":"age","shape":[2],"datatype":"FP64","data":[1,2]})"),
            "400 [predict] inputs[1]: expected 2 rows as in inputs[0], got 1");
  EXPECT_EQ(refusal_of_age(R"({"name":"age","shape":[1,2],"datatype":"FP64","data":[1,2]})"),
            R"(400 [predict] inputs[0]: the feature "age" has one value per row, got shape [1, 2]; [n] or [n, 1])");
  EXPECT_EQ(refusal_of_age(R"({"name":"age","shape":[],"datatype":"FP64","data":[]})"),
            "400 [predict] inputs[0]: expected a shape of one or two numbers, got none");
  EXPECT_EQ(refusal_of_age(R"({"name":"age","shape":[1,1,1],"datatype":"FP64","data":[1]})"),
            "400 [predict] inputs[0]: expected a shape of one or two numbers, got more");
  EXPECT_EQ(refusal_of_age(R"({"name":"age","shape":[-1],"datatype":"FP64","data":[1]})"),
            "400 [predict] inputs[0]: expected a whole number >= 0, got -1");
  EXPECT_EQ(refusal_of_age(R"({"name":"age","shape":[0],"datatype":"FP64","data":[]})"),
            "400 [predict] inputs[0]: there is no row; send at least one");
  EXPECT_EQ(refusal_of_age(R"({"name":"age","shape":[1],"datatype":"FP64","data":[1,2]})"),
            "400 [predict] inputs[0].data: expected 1 values of shape [1], got 2");
  EXPECT_EQ(refusal_of_age(R"({"name":"age","shape":[1],"datatype":"BYTES","data":["1"]})"),
            R"(400 [predict] inputs[0]: the feature "age" is a number, got the datatype BYTES; such as FP64)");
  EXPECT_EQ(refusal_of_age(R"({"name":"age","shape":[1],"datatype":"FP65","data":[1]})"),
            R"(400 [predict] inputs[0]: the datatype "FP65" is not known; nearest: "FP64")");
  EXPECT_EQ(refusal(R"({"inputs":[{"name":"x","shape":[1,4],"datatype":"FP64","data":[1,2,3,4]}]})"),
            "400 [predict] inputs[0]: expected shape [n, 3], got [1, 4]; one row per sample, the features in the order "
            "of the model; or one input per feature, by its name");
  EXPECT_EQ(numbers.refusal(infer, R"({"inputs":[{"name":"x","shape":[2,3],"datatype":"FP64",)"
                                   R"("data":[[1,2,3],[1,2]]}]})"),
            "400 [predict] inputs[0].data[1]: expected 3 values, got 2");
}

TEST_F(InferenceProtocol, RefusesShapesWhoseProductOverflows) {
  for (const std::string shape : {"[4294967296,4294967296]", "[18446744073709551615,3]", "[6148914691236517206,3]"}) {
    const HttpResponse response =
        numbers.post(infer, R"({"inputs":[{"name":"x","shape":)" + shape + R"(,"datatype":"FP64","data":[1,2,3]}]})");
    EXPECT_THAT(response.status, testing::AnyOf(400, 413)) << response.body;
  }
  EXPECT_EQ(numbers.refusal(infer, R"({"inputs":[{"name":"x","shape":[6,3],"datatype":"FP64","data":[]}]})"),
            "413 [predict] more than 5 rows in one request; send them in several requests");
}

TEST_F(InferenceProtocol, RefusesTensorsWithoutTheirParts) {
  EXPECT_EQ(refusal("{}"), R"(400 [predict] the key "inputs" is missing; expected {"inputs": [{"name": "feature", )"
                           R"("shape": [n], "datatype": "FP64", "data": [value, …]}, …]})");
  EXPECT_THAT(refusal(R"({"inputs":[]})"), StartsWith(R"(400 [predict] "inputs" is empty; expected {"name": …)"));
  EXPECT_THAT(refusal_of_age("7"), StartsWith("400 [predict] inputs[0]: expected an object, got 7"));
  EXPECT_THAT(refusal_of_age(R"({"name":"age","datatype":"FP64","data":[1]})"),
              StartsWith(R"(400 [predict] inputs[0]: the key "shape" is missing)"));
  EXPECT_EQ(refusal_of_age(R"({"name":"age","shape":[1],"datatype":"FP64"})"),
            R"(400 [predict] inputs[0]: expected one of "data" and "binary_data_size" in "parameters")");
}

TEST_F(InferenceProtocol, RefusesBinaryDataOfAnotherSize) {
  const auto refusal = [&](const std::string& size, const std::string& bytes) {
    const std::string json = R"({"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","parameters":)"
                             R"({"binary_data_size":)" +
                             size + "}}]}";
    return Protocol::refusal_in(post_binary(numbers, json, bytes));
  };
  const std::string twelve(12, '\0');
  EXPECT_EQ(refusal("11", twelve.substr(1)),
            "400 [predict] inputs[0]: expected 12 bytes for FP32 of shape [1, 3], got 11");
  EXPECT_EQ(refusal("13", twelve + "x"), "400 [predict] inputs[0]: expected 12 bytes for FP32 of shape [1, 3], got 13");
  EXPECT_EQ(refusal("12", twelve + "x"), "400 [predict] 1 bytes of the body belong to no input");
  EXPECT_EQ(refusal("12", ""),
            "400 [predict] inputs[0]: binary_data_size is 12, the body has 0 bytes left; the field "
            "Inference-Header-Content-Length says how long the JSON before them is");
  EXPECT_EQ(refusal("-1", ""), "400 [predict] inputs[0]: expected a whole number >= 0, got -1");
  for (const std::string_view length : {"-1", "99999", "x", "1.0", "18446744073709551616"}) {
    EXPECT_EQ(numbers.refusal(infer, "{}", {{"Inference-Header-Content-Length", length}}),
              "400 [predict] expected Inference-Header-Content-Length from 0 to 2, the size of the body, got \"" +
                  std::string(length) + "\"");
  }
}

TEST_F(InferenceProtocol, RefusesTextsThatAreCutShort) {
  const auto refusal = [&](const std::string& bytes) {
    const std::string json =
        R"({"inputs":[{"name":"age","shape":[2],"datatype":"FP64","data":[1,2]},{"name":"hours","shape":[2],)"
        R"("datatype":"FP64","data":[1,2]},{"name":"work class","shape":[2],"datatype":"BYTES","parameters":)"
        R"({"binary_data_size":)" +
        std::to_string(bytes.size()) + "}}]}";
    return Protocol::refusal_in(post_binary(people, json, bytes));
  };
  const std::string texts = raw_texts({"a", "b"});
  EXPECT_EQ(refusal(texts.substr(0, 9)), "400 [predict] inputs[2].data[1]: the binary data end inside this element");
  EXPECT_EQ(refusal(texts.substr(0, 3)), "400 [predict] inputs[2].data[0]: the binary data end inside this element");
  EXPECT_EQ(refusal(std::string(10, '\xff')),
            "400 [predict] inputs[2].data[0]: the binary data end inside this element");
  EXPECT_EQ(refusal(texts + "x"), "400 [predict] inputs[2]: 1 bytes follow its last element");
}

TEST_F(InferenceProtocol, TellsWhatTheModelTakesAndGives) {
  EXPECT_EQ(people.get("/v2/models/people"),
            R"({"name":"people","versions":["1"],"platform":"thrum","inputs":[)"
            R"({"name":"age","datatype":"FP64","shape":[-1]},{"name":"work class","datatype":"BYTES","shape":[-1]},)"
            R"({"name":"hours","datatype":"FP64","shape":[-1]}],"outputs":[)"
            R"({"name":"predictions","datatype":"BYTES","shape":[-1]},)"
            R"({"name":"probabilities","datatype":"FP64","shape":[-1,2]}]})");
  EXPECT_EQ(people.get("/v2/models/people/versions/1/ready"), R"({"name":"people","ready":true})");
  EXPECT_EQ(people.get("/v2/models"), R"({"models":["people"]})");
  EXPECT_THAT(people.get("/v2"), HasSubstr(R"("extensions":["binary_tensor_data"])"));
  EXPECT_EQ(people.get("/v2/"), people.get("/v2"));
}

TEST_F(InferenceProtocol, KnowsNoOtherModel) {
  const auto refusal = [&](std::string_view path) { return Protocol::refusal_in(people.ask(HttpMethod::get, path)); };
  EXPECT_EQ(refusal("/v2/models/peopel"), R"(404 [serve] there is no model "peopel"; nearest: "people")");
  EXPECT_EQ(refusal("/v2/models/people/versions/2"),
            R"(404 [serve] there is no model "people" in version "2"; nearest: "people")");
  EXPECT_EQ(refusal("/v2/models/%2e%2e%2fetc"), R"(404 [serve] there is no model "../etc"; GET /v2/models lists them)");
  EXPECT_EQ(people.get("/v2/models/peo%70le/ready"), R"({"name":"people","ready":true})");
  EXPECT_EQ(people.ask(HttpMethod::get, "/v2/models/people/infer").allow, "POST, OPTIONS");
}

TEST_F(InferenceProtocol, NamesTheHeaderThatBinaryTensorsNeed) {
  const std::string json =
      R"({"inputs":[{"name":"x","shape":[1,3],"datatype":"FP64","parameters":{"binary_data_size":24}}]})";
  EXPECT_EQ(numbers.refusal(infer, json + raw<double>({1, 0, 2})),
            "400 [predict] the header Inference-Header-Content-Length is missing, and binary tensors follow the JSON; "
            "send in it how many bytes of the body are JSON");
}

TEST_F(InferenceProtocol, TellsTheConfigurationOfAModel) {
  EXPECT_EQ(people.get("/v2/models/people/config"),
            R"({"name":"people","platform":"thrum","backend":"thrum","max_batch_size":0,"input":[)"
            R"({"name":"age","data_type":"TYPE_FP64","dims":[-1]},)"
            R"({"name":"work class","data_type":"TYPE_STRING","dims":[-1]},)"
            R"({"name":"hours","data_type":"TYPE_FP64","dims":[-1]}],"output":[)"
            R"({"name":"predictions","data_type":"TYPE_STRING","dims":[-1]},)"
            R"({"name":"probabilities","data_type":"TYPE_FP64","dims":[-1,2]}]})");
}

}  // namespace
}  // namespace thrum
