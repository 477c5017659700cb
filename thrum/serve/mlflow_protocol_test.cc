#include "thrum/serve/mlflow_protocol_internal.h"

#include <gmock/gmock.h>

#include "thrum/serve/protocol_fixture_test.h"

namespace thrum {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view path = "/invocations";

class MlflowProtocol : public testing::Test {
 protected:
  std::string answer(std::string_view body) { return people.answer(path, body); }
  std::string refusal(std::string_view body) { return people.refusal(path, body); }
  HttpResponse post_csv(std::string_view body, std::string_view type = "text/csv") {
    return people.post(path, body, {{"Content-Type", type}});
  }

  Protocol people{people_schema(Task::classification)};
};

TEST_F(MlflowProtocol, AnswersEveryFormAlike) {
  const std::string expected = R"({"predictions":["<=50K",">50K"]})";
  EXPECT_EQ(answer(R"({"dataframe_split":{"columns":["hours","age","work class"],"index":[0,1],)"
                   R"("data":[[0,16,"1"],[0.25,32,"1"]]}})"),
            expected);
  EXPECT_EQ(answer(R"({"dataframe_split":{"data":[[16,"1",0],[32,"1",0.25]]}})"), expected);
  EXPECT_EQ(answer(R"({"dataframe_records":[{"age":16,"work class":"1","hours":0},)"
                   R"({"hours":0.25,"work class":"1","age":32}]})"),
            expected);
  EXPECT_EQ(answer(R"({"instances":[{"age":16,"work class":"1","hours":0},[32,"1",0.25]],"params":null})"), expected);
  EXPECT_EQ(answer(R"({"inputs":{"age":[16,32],"work class":["1","1"],"hours":[0,0.25]}})"), expected);
  EXPECT_EQ(answer(R"({"inputs":[[16,"1",0],[32,"1",0.25]]})"), expected);
  EXPECT_EQ(post_csv("hours,age,work class\n0,16,1\n0.25,32,1\n").body, expected);
  EXPECT_EQ(post_csv("age,work class,hours\r\n16,\"1\",0\r\n32,1,.25", "text/csv; charset=UTF-8").body, expected);
}

TEST_F(MlflowProtocol, AnswersProbabilitiesWhereAsked) {
  EXPECT_EQ(answer(R"({"instances":[[16,"1",0]],"params":{"predict_method":"predict_proba"}})"),
            R"({"predictions":[[0.75,0.25]]})");
  EXPECT_EQ(answer(R"({"instances":[[16,"1",0]],"params":{}})"), R"({"predictions":["<=50K"]})");
  EXPECT_EQ(refusal(R"({"instances":[[16,"1",0]],"params":{"predict_method":"predict_probas"}})"),
            R"(400 [predict] params.predict_method: expected "predict" or "predict_proba", got "predict_probas"; )"
            R"(nearest: "predict_proba")");
  EXPECT_EQ(refusal(R"({"instances":[[16,"1",0]],"params":{"predict_methud":"predict"}})"),
            R"(400 [predict] params: the key "predict_methud" is not known; nearest: "predict_method")");
  EXPECT_EQ(Protocol(people_schema(Task::regression))
                .refusal(path, R"({"instances":[[16,"1",0]],"params":{"predict_method":"predict_proba"}})"),
            R"(400 [predict] params.predict_method: a regression has no probabilities; ask for "predict")");
}

TEST_F(MlflowProtocol, WordsErrorsAsMlflowDoes) {
  EXPECT_EQ(people.post(path, "[]").body,
            R"({"error_code":"BAD_REQUEST","message":"[predict] expected an object, got a list; )"
            R"({\"dataframe_split\": {\"columns\": [\"feature\", …], \"data\": [[value, …], …]}}"})");
}

TEST_F(MlflowProtocol, RefusesNoneAndSeveralForms) {
  EXPECT_THAT(refusal("{}"), StartsWith(R"(400 [predict] expected one of the keys "dataframe_split", )"));
  EXPECT_THAT(refusal(R"({"instances":[],"inputs":[]})"), StartsWith("400 [predict] expected one of the keys"));
  EXPECT_EQ(refusal(R"({"dataframe_splits":[]})"),
            R"(400 [predict] the key "dataframe_splits" is not known; nearest: "dataframe_split")");
}

TEST_F(MlflowProtocol, NamesThePlaceOfTheFault) {
  EXPECT_EQ(refusal(R"({"dataframe_split":{"columns":["hours","age","work class"],"data":[[0,16,"1"],[0,"x","1"]]}})"),
            R"(400 [predict] dataframe_split.data[1][1] (feature "age"): expected a number, got "x")");
  EXPECT_EQ(refusal(R"({"dataframe_split":{"columns":["hours","aeg","work class"],"data":[]}})"),
            R"(400 [predict] dataframe_split.columns: the model has no feature "aeg"; nearest: "age")");
  EXPECT_EQ(refusal(R"({"dataframe_split":{"columns":["hours","age"],"data":[]}})"),
            R"(400 [predict] dataframe_split.columns: the feature "work class" is absent; null says that a value is )"
            "missing");
  EXPECT_EQ(refusal(R"({"dataframe_split":{"columns":["hours",1],"data":[]}})"),
            "400 [predict] dataframe_split.columns[1]: expected a text, got 1");
  EXPECT_EQ(refusal(R"({"dataframe_split":{"columns":["hours","age","work class"],"data":[[0,1]]}})"),
            "400 [predict] dataframe_split.data[0]: expected 3 values, one per column, got 2");
  EXPECT_EQ(refusal(R"({"dataframe_split":{"columns":["hours","age","work class"],"data":[]}})"),
            "400 [predict] dataframe_split.data: there is no row; send at least one");
  EXPECT_EQ(refusal(R"({"dataframe_split":{"columns":[]}})"),
            R"(400 [predict] dataframe_split: the key "data" is missing)");
  EXPECT_EQ(refusal(R"({"dataframe_records":[[1]]})"),
            "400 [predict] dataframe_records[0]: expected an object, got a list");
  EXPECT_EQ(refusal(R"({"dataframe_records":[{"age":1,"hours":2}]})"),
            R"(400 [predict] dataframe_records[0]: the feature "work class" is absent; null says that a value is )"
            "missing");
  EXPECT_EQ(refusal(R"({"inputs":{"age":[1,"x"],"hours":[1,2],"work class":["1","1"]}})"),
            R"(400 [predict] inputs.age[1] (feature "age"): expected a number, got "x")");
  EXPECT_EQ(refusal(R"({"inputs":{"age":[1],"hours":[1,2],"work class":["1"]}})"),
            "400 [predict] inputs.hours: expected 1 values as in the other columns, got 2");
  EXPECT_EQ(refusal(R"({"inputs":{"age":[],"hours":[],"work class":[]}})"),
            "400 [predict] inputs.age: there is no row; send at least one");
  EXPECT_EQ(refusal(R"({"inputs":{"age":1}})"), "400 [predict] inputs.age: expected a list, got 1");
}

TEST_F(MlflowProtocol, ReadsCsvAsATrainingFile) {
  EXPECT_EQ(post_csv("income,age,work class,hours\nx,NA,,\n").body, R"({"predictions":["<=50K"]})");
  const auto refusal = [&](std::string_view csv) { return Protocol::refusal_in(post_csv(csv)); };
  EXPECT_EQ(refusal("age,work class,hours\n16,1,0\nabc,1,0\n"),
            R"(400 [predict] column "age" of the body: the model expects numbers, row 2 holds "abc")");
  EXPECT_EQ(refusal("age,work clas,hours\n16,1,0\n"),
            R"(400 [predict] the model has no feature "work clas"; nearest: "work class")");
  EXPECT_EQ(refusal("age,hours\n16,1\n"), R"(400 [predict] column "work class" is not in the body)");
  EXPECT_THAT(refusal("age,work class,hours\n16,1\n"), HasSubstr("line 2"));
  EXPECT_THAT(refusal(""), StartsWith("400 [predict] "));
  EXPECT_EQ(refusal("age,work class,hours\n1,1,1\n1,1,1\n1,1,1\n1,1,1\n1,1,1\n1,1,1\n"),
            "413 [predict] more than 5 rows in one request; send them in several requests");
}

TEST_F(MlflowProtocol, RefusesOtherTypesOfContent) {
  EXPECT_EQ(Protocol::refusal_in(post_csv("a", "application/xml")),
            R"(415 [predict] expected Content-Type application/json, got "application/xml")");
  EXPECT_EQ(Protocol::refusal_in(post_csv("a", "text/csv; charset=latin1")),
            R"(415 [predict] expected charset=utf-8 in Content-Type, got "charset=latin1")");
  EXPECT_EQ(Protocol::refusal_in(post_csv("a", "text/csv; x=y; charset=latin1")),
            R"(415 [predict] expected charset=utf-8 in Content-Type, got "charset=latin1")");
  EXPECT_EQ(post_csv("age,work class,hours\n16,1,0\n", "text/csv; charset=utf-8; x=y").status, 200);
  EXPECT_EQ(Protocol::refusal_in(people.post(path, "a", {{"Content-Type", "text/csv"}, {"Content-Encoding", "gzip"}})),
            R"(415 [predict] a body with Content-Encoding "gzip" is not read here; send it as it is)");
}

TEST_F(MlflowProtocol, TellsThatItIsThere) {
  EXPECT_EQ(people.get("/ping"), R"({"status":"ok"})");
  EXPECT_THAT(people.get("/version"), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

}  // namespace
}  // namespace thrum
