#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "thrum/serve/fake_predictor_test.h"
#include "thrum/serve/router_internal.h"

// Whatever the body, the reply is valid JSON, the status 200, 400 or 413, and the next request is answered.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto models = thrum::fake_models(thrum::people_schema(thrum::Task::classification));
  static thrum::serving::Router router(models, 100);
  thrum::HttpRequest request;
  request.method = thrum::HttpMethod::post;
  request.path = "/predict";
  request.body = std::string_view(reinterpret_cast<const char*>(data), size);

  for (const std::string_view body : {request.body, std::string_view("{\"instances\":[[1,\"1\",1]]}")}) {
    request.body = body;
    const thrum::HttpResponse& response = router.handle(request);
    const bool known = response.status == 200 || response.status == 400 || response.status == 413;
    simdjson::dom::parser parser;
    if (!known || parser.parse(response.body).error() != simdjson::SUCCESS) std::abort();
  }
  if (router.handle(request).status != 200) std::abort();
  return 0;
}
