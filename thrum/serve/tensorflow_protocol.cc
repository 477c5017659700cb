#include "thrum/serve/tensorflow_protocol_internal.h"

#include "thrum/serve/json_text_internal.h"
#include "thrum/serve/output_choice_internal.h"

namespace thrum::serving {
namespace {

constexpr std::string_view form = R"({"instances": [row, …]} or {"inputs": {"feature": [value, …], …}})";

enum Member { signature_name, instances, inputs };

OutputChoice choice_of(const JsonMember& member, const ModelEndpoint& model) {
  const Place place{"signature_name"};
  const std::string_view name = member.is_given ? as_text(place, member.value) : "";
  if (name.empty() || name == "serving_default") return OutputChoice::predictions;
  return parse_output_choice(place, name, model);
}

}  // namespace

void answer_tensorflow(Exchange& exchange) {
  require_json(exchange.request);
  ModelEndpoint& model = exchange.model;
  JsonMember members[] = {{"signature_name"}, {"instances"}, {"inputs"}};
  find_members(as_object({}, exchange.json.parse(exchange.request.body, form), form), {}, members);
  if (members[instances].is_given == members[inputs].is_given) {
    refuse("expected one of the keys \"instances\" and \"inputs\"", std::string(form));
  }
  const OutputChoice choice = choice_of(members[signature_name], model);
  const bool is_rows = members[instances].is_given;
  const JsonElement& value = members[is_rows ? instances : inputs].value;
  const bool is_columns = !is_rows && value.is_object();
  const Rows rows = is_columns ? model.reader().read_columns("inputs", value)
                               : model.reader().read_rows(is_rows ? "instances" : "inputs", value);
  predict_and(exchange, rows, [is_rows, choice](Exchange& now, Outputs outputs) {
    write_outputs(now, is_rows ? "predictions" : "outputs", outputs, choice);
  });
}

void answer_tensorflow_status(Exchange& exchange) {
  std::string& json = exchange.response.body;
  json += "{\"name\":";
  append_json_string(json, exchange.model.name());
  json += ",\"ready\":true,\"model_version_status\":[{\"version\":";
  append_json_string(json, exchange.model.version());
  json += R"(,"state":"AVAILABLE","status":{"error_code":"OK","error_message":""}}]})";
}

}  // namespace thrum::serving
