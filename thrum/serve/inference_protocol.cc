#include "thrum/serve/inference_protocol_internal.h"

#include <charconv>
#include <string>
#include <vector>

#include "thrum/core/names.h"
#include "thrum/core/printable.h"
#include "thrum/serve/http_syntax_internal.h"
#include "thrum/serve/inference_reader_internal.h"
#include "thrum/serve/inference_writer_internal.h"
#include "thrum/serve/json_text_internal.h"
#include "thrum/serve/output_choice_internal.h"

namespace thrum::serving {
namespace {

constexpr std::string_view form =
    R"({"inputs": [{"name": "feature", "shape": [n], "datatype": "FP64", "data": [value, …]}, …]})";
constexpr std::string_view header_length = "inference-header-content-length";

/// How much of the body is JSON.
std::size_t json_size(const HttpRequest& request) {
  const std::string_view text = request.field(header_length);
  if (text.empty()) return request.body.size();
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size() || size > request.body.size()) {
    refuse("expected Inference-Header-Content-Length from 0 to " + std::to_string(request.body.size()) +
           ", the size of the body, got " + in_quotes(text));
  }
  return size;
}

/// Binary tensors make the type of the body octet-stream.
void check_type(const HttpRequest& request) {
  if (http::equal_ignoring_case(media_type(request), "application/octet-stream")) return require_plain(request);
  require_json(request);
}

/// Without the header the tensors behind the JSON look like a part of it.
JsonElement parse_head(Exchange& exchange, std::size_t size) {
  const std::string_view body = exchange.request.body;
  try {
    return exchange.json.parse(body.substr(0, size), form);
  } catch (const HttpError&) {
    const bool has_length = !exchange.request.field(header_length).empty();
    if (has_length || body.find("\"binary_data_size\"") == std::string_view::npos) throw;
  }
  refuse("the header Inference-Header-Content-Length is missing, and binary tensors follow the JSON",
         "send in it how many bytes of the body are JSON");
}

bool flag_in(const Place& place, const JsonMember& parameters, std::string_view name, bool otherwise) {
  if (!parameters.is_given) return otherwise;
  JsonMember flag[] = {{name}};
  find_members(as_object(place, parameters.value), place, flag, UnknownMembers::ignored);
  return flag[0].is_given ? as_bool({name}, flag[0].value) : otherwise;
}

InferenceOutput parse_output(const Place& place, std::string_view name, const ModelEndpoint& model) {
  std::vector<std::string> known;
  for (const InferenceOutput output : inference_outputs) {
    if (!has_output(model, output)) continue;
    if (inference_output_name(output) == name) return output;
    known.emplace_back(inference_output_name(output));
  }
  if (name == inference_output_name(contributions_output)) refuse_explanation(place);
  refuse_at(place, "the model has no output " + in_quotes(name), nearest_hint(name, known));
}

void want(WantedOutputs& wanted, std::size_t index, const JsonElement& request, const ModelEndpoint& model) {
  const Place place{"outputs", index};
  JsonMember members[] = {{"name"}, {"parameters"}};
  find_members(as_object(place, request), place, members, UnknownMembers::ignored);
  if (!members[0].is_given) refuse_at(place, "the key \"name\" is missing");
  const InferenceOutput output = parse_output(place, as_text(place, members[0].value), model);
  if (wanted.wanted[output]) refuse_at(place, in_quotes(inference_output_name(output)) + " is given twice");
  wanted.wanted[output] = true;
  wanted.binary[output] = flag_in(place, members[1], "binary_data", wanted.binary[output]);
}

WantedOutputs wanted_outputs(const JsonMember& outputs, bool binary, const ModelEndpoint& model) {
  WantedOutputs wanted;
  wanted.binary.fill(binary);
  std::size_t index = 0;
  if (outputs.is_given) {
    for (const JsonElement output : as_array({"outputs"}, outputs.value)) want(wanted, index++, output, model);
  }
  if (index > 0) return wanted;
  for (const InferenceOutput output : inference_outputs) {
    wanted.wanted[output] = is_default_output(model, output);
  }
  return wanted;
}

}  // namespace

void answer_inference(Exchange& exchange) {
  check_type(exchange.request);
  ModelEndpoint& model = exchange.model;
  const std::string_view body = exchange.request.body;
  const std::size_t size = json_size(exchange.request);
  enum { id, parameters, inputs, outputs };
  JsonMember members[] = {{"id"}, {"parameters"}, {"inputs"}, {"outputs"}};
  find_members(as_object({}, parse_head(exchange, size), form), {}, members, UnknownMembers::ignored);
  if (!members[inputs].is_given) refuse("the key \"inputs\" is missing", "expected " + std::string(form));
  const bool binary = flag_in({"parameters"}, members[parameters], "binary_data_output", false);
  const WantedOutputs wanted = wanted_outputs(members[outputs], binary, model);
  const std::string_view request_id = members[id].is_given ? as_text({"id"}, members[id].value) : "";
  InferenceReader reader(model.cells(), model.reader());
  const Rows rows = reader.read(as_array({"inputs"}, members[inputs].value), body.substr(size));
  if (wanted.wanted[contributions_output]) {
    return write_inference(exchange, {model.predict(rows), model.explain(rows)}, wanted, request_id);
  }
  predict_and(exchange, rows, [wanted, request_id = std::string(request_id)](Exchange& now, Outputs outputs) {
    write_inference(now, {outputs, {}}, wanted, request_id);
  });
}

void answer_inference_ready(Exchange& exchange) {
  exchange.response.body += "{\"name\":";
  append_json_string(exchange.response.body, exchange.model.name());
  exchange.response.body += ",\"ready\":true}";
}

}  // namespace thrum::serving
