#include <gmock/gmock.h>

#include <set>

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
