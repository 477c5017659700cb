// What a request costs without its system calls: parsing it, and answering it with a logistic regression.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <vector>

#include "thrum/model/linear/logistic_regression_model.h"
#include "thrum/runtime/memfd.h"
#include "thrum/serve/http_session.h"
#include "thrum/serve/router_internal.h"

namespace thrum {
namespace {

constexpr std::size_t n_features = 30;

LogisticRegressionModel make_model() {
  Schema schema;
  for (std::size_t j = 0; j < n_features; ++j) schema.features.push_back({"feature_" + std::to_string(j)});
  schema.target = {"class", Task::classification, {"no", "yes"}};
  std::vector<Encoder::FeatureEncoding> encodings(n_features);
  Encoder encoder(schema, std::move(encodings));
  return LogisticRegressionModel({.schema = schema,
                                  .encoder = std::move(encoder),
                                  .coefficients = std::vector<double>(n_features, 0.01),
                                  .intercepts = {0.1},
                                  .training = {}});
}

std::string make_post(const std::string& path, const std::string& fields, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1:4000\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// As wrk and curl send it.
std::string make_request(const Schema& schema) {
  std::string body = "{\"instances\":[{";
  for (const Feature& feature : schema.features) body += "\"" + feature.name + "\":0.12345,";
  body.back() = '}';
  body += "]}";
  return make_post("/predict", "Content-Type: application/json\r\n", body);
}

constexpr std::size_t n_batch_rows = 1000;

std::string make_json_batch() {
  std::string body = R"({"inputs":[{"name":"x","datatype":"FP64","shape":[1000,30],"data":[0.12345678)";
  for (std::size_t i = 1; i < n_batch_rows * n_features; ++i) body += ",0.12345678";
  return make_post("/v2/models/model/infer", "", body + "]}]}");
}

std::string make_binary_batch() {
  const std::vector<double> values(n_batch_rows * n_features, 0.12345678);
  const std::string json = R"({"parameters":{"binary_data_output":true},"inputs":[{"name":"x","datatype":"FP64",)"
                           R"("shape":[1000,30],"parameters":{"binary_data_size":240000}}]})";
  const std::string bytes(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double));
  return make_post("/v2/models/model/infer", "Inference-Header-Content-Length: " + std::to_string(json.size()) + "\r\n",
                   json + bytes);
}

void ParseRequest(benchmark::State& state) {
  const std::string request = make_request(make_model().schema());
  HttpParser parser;
  std::size_t n_messages = 0;
  for (auto _ : state) {
    const auto head = parser.parse(request);
    n_messages += parser.parse(std::string_view(request).substr(head.consumed)).event == HttpParser::Event::message;
  }
  if (n_messages != static_cast<std::size_t>(state.iterations())) state.SkipWithError("a request was not understood");
}
BENCHMARK(ParseRequest);

void answer(benchmark::State& state, const std::string& request) {
  const LogisticRegressionModel model = make_model();
  const SharedBytes image(share_bytes("model", model.compile()).get());  // aligned as a worker has it
  std::vector<serving::ServedModel> models;
  models.push_back({"model", "1", open_predictor(image.bytes())});
  serving::Router router(models, n_batch_rows);
  HttpSession::Context context{router};
  HttpSession session(context);
  for (auto _ : state) {
    session.receive(request);
    if (!session.unsent().starts_with("HTTP/1.1 200 OK\r\n")) state.SkipWithError("a request was refused");
    session.sent(session.unsent().size());
  }
}

void AnswerRequest(benchmark::State& state) {
  answer(state, make_request(make_model().schema()));
}
BENCHMARK(AnswerRequest);

void AnswerJsonBatch(benchmark::State& state) {
  answer(state, make_json_batch());
}
BENCHMARK(AnswerJsonBatch);

void AnswerBinaryBatch(benchmark::State& state) {
  answer(state, make_binary_batch());
}
BENCHMARK(AnswerBinaryBatch);

}  // namespace
}  // namespace thrum
