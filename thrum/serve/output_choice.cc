#include "thrum/serve/output_choice_internal.h"

#include <string>

#include "thrum/core/names.h"
#include "thrum/core/printable.h"

namespace thrum::serving {

OutputChoice parse_output_choice(const Place& place, std::string_view name, const ModelEndpoint& model) {
  const std::string known[] = {"predict", "predict_proba"};
  if (name == known[0]) return OutputChoice::predictions;
  if (name != known[1]) {
    refuse_at(place, "expected \"predict\" or \"predict_proba\", got " + in_quotes(name), nearest_hint(name, known));
  }
  if (!model.text().is_classification()) refuse_at(place, "a regression has no probabilities", "ask for \"predict\"");
  return OutputChoice::probabilities;
}

void refuse_explanation(const Place& place) {
  refuse_at(place, "this model does not explain its predictions",
            "some of its prepared columns are made of several together, as by polynomial, normalize or hashing, or it "
            "is too large to explain while it serves; thrum explain tells which");
}

void write_outputs(Exchange& exchange, std::string_view key, Outputs outputs, OutputChoice choice) {
  const ModelEndpoint& model = exchange.model;
  std::string& json = exchange.response.body;
  json += "{\"";
  json += key;
  json += "\":[";
  if (choice == OutputChoice::probabilities) {
    model.text().append_probabilities(json, outputs);
  } else {
    model.text().append_predictions(json, outputs);
  }
  json += "]}";
}

}  // namespace thrum::serving
