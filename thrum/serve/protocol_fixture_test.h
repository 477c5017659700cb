#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thrum/serve/fake_predictor_test.h"
#include "thrum/serve/router_internal.h"

namespace thrum {

/// A router over the fake predictor, and the requests of a client to it.
class Protocol {
 public:
  using Fields = std::vector<HttpField>;

  explicit Protocol(Schema schema, std::size_t limit_rows = 5)
      : models_(fake_models(std::move(schema))), router_(models_, limit_rows) {}

  HttpResponse ask(HttpMethod method, std::string_view path, std::string_view body = "", const Fields& fields = {}) {
    HttpRequest request{.method = method, .path = path, .fields = fields, .body = body};
    request.content_type = request.field("content-type");
    return router_.handle(request);
  }
  HttpResponse post(std::string_view path, std::string_view body, const Fields& fields = {}) {
    return ask(HttpMethod::post, path, body, fields);
  }
  /// The body of an answer with status 200.
  std::string answer(std::string_view path, std::string_view body, const Fields& fields = {}) {
    const HttpResponse response = post(path, body, fields);
    EXPECT_EQ(response.status, 200) << response.body;
    return response.body;
  }
  std::string get(std::string_view path) {
    const HttpResponse response = ask(HttpMethod::get, path);
    EXPECT_EQ(response.status, 200) << response.body;
    return response.body;
  }
  /// "status sentence; hint", whatever the form of the error.
  std::string refusal(std::string_view path, std::string_view body, const Fields& fields = {}) {
    return refusal_in(post(path, body, fields));
  }
  static std::string refusal_in(const HttpResponse& response) {
    const auto json = nlohmann::json::parse(response.body);
    std::string text = std::to_string(response.status) + " ";
    if (json.contains("error_code")) return text + json["message"].get<std::string>();
    if (json["error"].is_string()) return text + json["error"].get<std::string>();
    const std::string hint = json["error"]["hint"];
    return text + json["error"]["message"].get<std::string>() + (hint.empty() ? "" : "; " + hint);
  }

  serving::Router& router() { return router_; }

 private:
  std::vector<serving::ServedModel> models_;
  serving::Router router_;
};

}  // namespace thrum
