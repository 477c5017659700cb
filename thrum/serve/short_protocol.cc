#include "thrum/serve/short_protocol_internal.h"

namespace thrum::serving {
namespace {

constexpr std::string_view form = "{\"instances\": [{\"feature\": value, …}, …]}";

}  // namespace

void answer_short(Exchange& exchange) {
  require_json(exchange.request);
  ModelEndpoint& model = exchange.model;
  JsonMember members[] = {{"instances"}};
  find_members(as_object({}, exchange.json.parse(exchange.request.body, form), form), {}, members);
  if (!members[0].is_given) refuse("the key \"instances\" is missing", "expected " + std::string(form));
  const Outputs outputs = model.predict(model.reader().read_rows("instances", members[0].value));
  std::string& json = exchange.response.body;
  json += "{\"predictions\":[";
  model.text().append_predictions(json, outputs);
  json += ']';
  if (model.text().is_classification()) {
    json += ",\"probabilities\":[";
    model.text().append_probabilities(json, outputs);
    json += "],\"classes\":";
    json += model.text().class_list();
  }
  json += '}';
}

}  // namespace thrum::serving
