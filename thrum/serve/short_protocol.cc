#include "thrum/serve/short_protocol_internal.h"

#include <span>
#include <string>

#include "thrum/serve/json_text_internal.h"
#include "thrum/serve/output_choice_internal.h"

namespace thrum::serving {
namespace {

constexpr std::string_view form = "{\"instances\": [{\"feature\": value, …}, …]}";

/// {"base":0.5,"contributions":{"age":0.25,…}}; with several classes, one for each by its name.
void append_margin(std::string& json, const ModelEndpoint& model, std::span<const double> parts) {
  json += "{\"base\":";
  append_json_number(json, parts.back());
  json += ",\"contributions\":{";
  for (std::size_t j = 0; j + 1 < parts.size(); ++j) {
    if (j > 0) json += ',';
    append_json_string(json, model.cells().name(j));
    json += ':';
    append_json_number(json, parts[j]);
  }
  json += "}}";
}

void append_explanations(std::string& json, const ModelEndpoint& model, Outputs contributions) {
  const std::size_t n_margins = model.n_margins();
  const std::size_t width = contributions.cols() / n_margins;
  json += ",\"explanations\":[";
  for (std::size_t i = 0; i < contributions.rows(); ++i) {
    if (i > 0) json += ',';
    if (n_margins > 1) json += '{';
    for (std::size_t k = 0; k < n_margins; ++k) {
      if (n_margins > 1) {
        if (k > 0) json += ',';
        append_json_string(json, model.schema().target.classes[k]);
        json += ':';
      }
      append_margin(json, model, contributions.row(i).subspan(k * width, width));
    }
    if (n_margins > 1) json += '}';
  }
  json += ']';
}

void append_labels(std::string& json, const Target& target, Outputs scores) {
  json += ",\"labels\":[";
  for (std::size_t i = 0; i < scores.rows(); ++i) {
    if (i > 0) json += ',';
    append_json_string(json, target.label(scores(i, 0)));
  }
  json += ']';
}

void append_answer(std::string& json, const ModelEndpoint& model, Outputs outputs) {
  json += "{\"predictions\":[";
  model.text().append_predictions(json, outputs);
  json += ']';
  const Target& target = model.schema().target;
  if (target.task == Task::anomaly) append_labels(json, target, outputs);
  if (!model.text().is_classification()) return;
  json += ",\"probabilities\":[";
  model.text().append_probabilities(json, outputs);
  json += "],\"classes\":";
  json += model.text().class_list();
}

}  // namespace

void answer_short(Exchange& exchange) {
  require_json(exchange.request);
  ModelEndpoint& model = exchange.model;
  JsonMember members[] = {{"instances"}, {"explain"}};
  find_members(as_object({}, exchange.json.parse(exchange.request.body, form), form), {}, members);
  if (!members[0].is_given) refuse("the key \"instances\" is missing", "expected " + std::string(form));
  const bool explains = members[1].is_given && as_bool({"explain"}, members[1].value);
  if (explains && model.n_margins() == 0) refuse_explanation({"explain"});
  const Rows rows = model.reader().read_rows("instances", members[0].value);
  if (!explains) {
    return predict_and(exchange, rows, [](Exchange& now, Outputs outputs) {
      append_answer(now.response.body, now.model, outputs);
      now.response.body += '}';
    });
  }
  append_answer(exchange.response.body, model, model.predict(rows));
  append_explanations(exchange.response.body, model, model.explain(rows));
  exchange.response.body += '}';
}

}  // namespace thrum::serving
