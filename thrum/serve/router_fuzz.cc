#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/serve/fake_predictor_test.h"
#include "thrum/serve/router_internal.h"

namespace {

struct Way {
  std::string_view path;
  std::string_view content_type;
  bool has_header_length = false;  ///< the second byte says how much of the body is JSON
};

constexpr std::array ways = {
    Way{"/predict", "application/json"},
    Way{"/invocations", "application/json"},
    Way{"/invocations", "text/csv"},
    Way{"/v1/models/people:predict", ""},
    Way{"/v2/models/people/infer", "application/json"},
    Way{"/v2/models/people/infer", "application/octet-stream", true},
};

bool is_json(const std::string& text) {
  simdjson::dom::parser parser;
  return parser.parse(text).error() == simdjson::SUCCESS;
}

void ask(thrum::serving::Router& router, const Way& way, std::string_view body) {
  std::string length;
  std::vector<thrum::HttpField> fields;
  if (way.has_header_length) {
    if (body.empty()) return;
    length = std::to_string(static_cast<unsigned char>(body.front()));
    body.remove_prefix(1);
    fields.push_back({"Inference-Header-Content-Length", length});
  }
  const thrum::HttpRequest request{.method = thrum::HttpMethod::post,
                                   .path = way.path,
                                   .content_type = way.content_type,
                                   .fields = fields,
                                   .body = body};
  const thrum::HttpResponse& response = router.handle(request);
  const int status = response.status;
  const std::string alone = response.body;
  if (router.handle_or_gather(request) == nullptr) {
    router.predict_gathered();
    if (router.gathered_answer(0, request).body != alone) std::abort();
  }
  const bool is_known = status == 200 || status == 400 || status == 413;
  const bool is_binary = response.content_type == "application/octet-stream";
  if (!is_known || (!is_binary && !is_json(alone))) std::abort();
}

}  // namespace

// Whatever the body of whichever protocol, the reply is valid JSON or binary tensors, the status 200, 400 or 413, the
// same where requests gather, and the next request is answered as ever. The first byte chooses the protocol.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto models = thrum::fake_models(thrum::people_schema(thrum::Task::classification));
  static thrum::serving::Router router(models, 100);
  if (size == 0) return 0;
  ask(router, ways[data[0] % ways.size()], std::string_view(reinterpret_cast<const char*>(data), size).substr(1));
  const thrum::HttpRequest canary{
      .method = thrum::HttpMethod::post, .path = "/predict", .body = R"({"instances":[[16,"1",0]]})"};
  if (router.handle(canary).body !=
      R"({"predictions":["<=50K"],"probabilities":[[0.75,0.25]],"classes":["<=50K",">50K"]})") {
    std::abort();
  }
  return 0;
}
