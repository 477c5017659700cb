#include <gmock/gmock.h>

#include <map>
#include <set>
#include <string>

#include "thrum/serve/protocol_fixture_test.h"

namespace thrum {
namespace {

using Json = nlohmann::json;

TEST(OpenApi, DescribesTheRowsOfTheModel) {
  Protocol people(people_schema(Task::classification));
  const Json document = Json::parse(people.get("/openapi.json"));
  EXPECT_EQ(document["openapi"], "3.1.0");
  const Json& row = document["components"]["schemas"]["Row"];
  EXPECT_EQ(row["required"], Json::parse(R"(["age","work class","hours"])"));
  EXPECT_EQ(row["properties"]["age"], Json::parse(R"({"type":["number","null"]})"));
  EXPECT_EQ(row["properties"]["work class"],
            Json::parse(R"({"type":["string","null"],"examples":["1","Private","State-gov"]})"));
  const Json& answer =
      document["paths"]["/predict"]["post"]["responses"]["200"]["content"]["application/json"]["schema"];
  EXPECT_EQ(answer["properties"]["predictions"], Json::parse(R"({"type":"array","items":{"enum":["<=50K",">50K"]}})"));
}

/// Every reference of `json`.
void collect_references(const Json& json, std::set<std::string>& references) {
  if (json.is_object() && json.contains("$ref")) references.insert(json["$ref"]);
  if (!json.is_structured()) return;
  for (const Json& part : json) collect_references(part, references);
}

TEST(OpenApi, RefersToWhatIsThere) {
  Protocol people(people_schema(Task::regression));
  const Json document = Json::parse(people.get("/openapi.json"));
  std::set<std::string> references;
  collect_references(document, references);
  EXPECT_GE(references.size(), 4u);
  for (const std::string& reference : references) {
    EXPECT_TRUE(document.contains(Json::json_pointer(reference.substr(1)))) << reference;
  }
}

/// The members of an object of the Open Inference Protocol: "name:string", with a ? behind the type where it may be
/// left out. The types are those of JSON; "[…]" is a list of them, "{…}" refers to another object.
using Members = std::map<std::string, std::string>;
const std::map<std::string, Members> protocol = {
    {"metadata_server_response", {{"name", "string"}, {"version", "string"}, {"extensions", "[string]"}}},
    {"metadata_model_response",
     {{"name", "string"},
      {"versions", "[string]?"},
      {"platform", "string"},
      {"inputs", "[{metadata_tensor}]"},
      {"outputs", "[{metadata_tensor}]"}}},
    {"config_model_response",  // the names of Triton's configuration
     {{"name", "string"},
      {"platform", "string"},
      {"backend", "string"},
      {"max_batch_size", "number"},
      {"input", "[{config_tensor}]"},
      {"output", "[{config_tensor}]"}}},
    {"config_tensor", {{"name", "string"}, {"data_type", "string"}, {"dims", "[number]"}}},
    {"statistics_response", {{"model_stats", "[{model_statistics}]"}}},
    {"model_statistics",
     {{"name", "string"},
      {"version", "string"},
      {"inference_count", "number"},
      {"execution_count", "number"},
      {"inference_stats", "{inference_statistics}"},
      {"batch_stats", "array"}}},
    {"inference_statistics",
     {{"success", "{duration}"},
      {"fail", "{duration}"},
      {"queue", "{duration}"},
      {"compute_input", "{duration}"},
      {"compute_infer", "{duration}"},
      {"compute_output", "{duration}"}}},
    {"duration", {{"count", "number"}, {"ns", "number"}}},
    {"metadata_tensor", {{"name", "string"}, {"datatype", "string"}, {"shape", "[number]"}}},
    {"ready_model_response", {{"name", "string"}, {"ready", "boolean"}}},
    {"inference_request",
     {{"id", "string?"}, {"parameters", "object?"}, {"inputs", "[{tensor}]"}, {"outputs", "[{request_output}]?"}}},
    {"request_output", {{"name", "string"}, {"parameters", "object?"}}},
    {"inference_response",
     {{"model_name", "string"},
      {"model_version", "string?"},
      {"id", "string?"},
      {"parameters", "object?"},
      {"outputs", "[{tensor}]"}}},
    {"tensor",
     {{"name", "string"},
      {"shape", "[number]"},
      {"datatype", "string"},
      {"parameters", "object?"},
      {"data", "array?"}}},  // absent from binary tensors
    {"inference_error_response", {{"error", "string"}}},
};

/// Expects `json` to be of the type.
void expect_type(const Json& json, std::string type, const std::string& place) {
  if (type.ends_with('?')) type.pop_back();
  if (type.starts_with('[')) {
    ASSERT_TRUE(json.is_array()) << place;
    for (const Json& element : json) expect_type(element, type.substr(1, type.size() - 2), place);
  } else if (type.starts_with('{')) {
    const Members& members = protocol.at(type.substr(1, type.size() - 2));
    ASSERT_TRUE(json.is_object()) << place;
    for (const auto& [name, value] : json.items()) {
      ASSERT_TRUE(members.contains(name)) << place << " has another member: " << name;
      expect_type(value, members.at(name), (place + ".").append(name));
    }
    for (const auto& [name, member] : members) {
      EXPECT_TRUE(member.ends_with('?') || json.contains(name)) << place << " lacks " << name;
    }
  } else {
    EXPECT_EQ(json.type_name(), type) << place;
  }
}

TEST(OpenInferenceProtocol, HasItsTypesInEveryReply) {
  Protocol people(people_schema(Task::classification));
  const auto expect = [](const std::string& text, const std::string& type) {
    expect_type(Json::parse(text), "{" + type + "}", type);
  };
  expect(people.get("/v2"), "metadata_server_response");
  expect(people.get("/v2/models/people"), "metadata_model_response");
  expect(people.get("/v2/models/people/versions/1"), "metadata_model_response");
  expect(people.get("/v2/models/people/ready"), "ready_model_response");
  for (const std::string model : {"/v2/models/people", "/v2/models/people/versions/1"}) {
    expect(people.get(model + "/config"), "config_model_response");
    expect(people.get(model + "/stats"), "statistics_response");
  }
  expect(people.get("/v2/models/stats"), "statistics_response");
  const std::string inputs = R"("inputs":[{"name":"age","shape":[1],"datatype":"FP64","data":[3]},)"
                             R"({"name":"work class","shape":[1],"datatype":"BYTES","data":["1"]},)"
                             R"({"name":"hours","shape":[1],"datatype":"FP64","data":[0]}])";
  for (const std::string& request : {"{" + inputs + "}", R"({"id":"7","parameters":{"a":1},)" + inputs + "}",
                                     "{" + inputs + R"(,"outputs":[{"name":"predictions"}]})"}) {
    expect(request, "inference_request");
    expect(people.answer("/v2/models/people/infer", request), "inference_response");
  }
  for (const char* path : {"/v2/models/people/infer", "/v2/models/nobody/infer", "/v2/nothing"}) {
    expect(people.post(path, "{").body, "inference_error_response");
  }
}

TEST(OpenInferenceProtocol, IsWhatTheDocumentDescribes) {
  Protocol people(people_schema(Task::classification));
  const Json document = Json::parse(people.get("/openapi.json"));
  for (const auto& [schema, type] : std::map<std::string, std::string>{{"InferenceRequest", "inference_request"},
                                                                       {"InferenceResponse", "inference_response"},
                                                                       {"Tensor", "tensor"},
                                                                       {"TextError", "inference_error_response"}}) {
    const Json& described = document["components"]["schemas"][schema];
    std::set<std::string> names, required;
    for (const auto& [name, member] : protocol.at(type)) {
      names.insert(name);
      if (!member.ends_with('?')) required.insert(name);
    }
    std::set<std::string> described_names;
    for (const auto& [name, property] : described["properties"].items()) described_names.insert(name);
    EXPECT_EQ(described_names, names) << schema;
    EXPECT_EQ(described["required"].get<std::set<std::string>>(), required) << schema;
  }
}

TEST(OpenApi, GivesExamplesThatTheModelTakes) {
  Protocol people(people_schema(Task::classification));
  const Json document = Json::parse(people.get("/openapi.json"));
  int n_asked = 0;
  for (const auto& [path, operations] : document["paths"].items()) {
    if (!operations.contains("post")) continue;
    const Json& example = operations["post"]["requestBody"]["content"]["application/json"]["example"];
    people.answer(path, example.dump());
    ++n_asked;
  }
  EXPECT_EQ(n_asked, 4);
  EXPECT_EQ(document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["example"],
            Json::parse(R"({"instances":[{"age":40.12,"work class":"1","hours":40.12}]})"));
}

}  // namespace
}  // namespace thrum
