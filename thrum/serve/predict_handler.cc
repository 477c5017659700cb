#include "thrum/serve/predict_handler_internal.h"

#include <algorithm>

#include "thrum/serve/json_text_internal.h"

namespace thrum::serving {
namespace {

std::vector<std::string> class_texts(const Target& target) {
  std::vector<std::string> texts;
  if (target.task == Task::regression) return texts;
  const bool all_numbers = std::all_of(target.classes.begin(), target.classes.end(), is_json_number);
  for (const std::string& name : target.classes) {
    std::string text;
    if (all_numbers) {
      text = name;
    } else {
      append_json_string(text, name);
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

std::string json_list(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const std::string& text : texts) list += (list.size() > 1 ? "," : "") + text;
  return list + "]";
}

}  // namespace

PredictHandler::PredictHandler(const Predictor& predictor, std::size_t limit_rows)
    : predictor_(predictor),
      reader_(predictor.schema(), limit_rows),
      classes_(class_texts(predictor.schema().target)),
      class_list_(json_list(classes_)) {}

void PredictHandler::answer(std::string& json, std::string_view body) {
  const MatrixView<const double> rows = reader_.read(body);
  outputs_.resize(rows.rows() * predictor_.n_outputs());
  const MatrixView<double> outputs(outputs_.data(), rows.rows(), predictor_.n_outputs());
  predictor_.predict(rows, outputs);
  json += "{\"predictions\":[";
  append_predictions(json, outputs);
  if (!classes_.empty()) {
    json += "],\"probabilities\":[";
    append_probabilities(json, outputs);
    json += "],\"classes\":";
    json += class_list_;
    json += '}';
  } else {
    json += "]}";
  }
}

void PredictHandler::append_predictions(std::string& json, MatrixView<const double> outputs) const {
  for (std::size_t i = 0; i < outputs.rows(); ++i) {
    if (i > 0) json += ',';
    const auto row = outputs.row(i);
    if (classes_.empty()) {
      append_json_number(json, row[0]);
    } else {
      json += classes_[static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin())];
    }
  }
}

void PredictHandler::append_probabilities(std::string& json, MatrixView<const double> outputs) const {
  for (std::size_t i = 0; i < outputs.rows(); ++i) {
    json += i > 0 ? ",[" : "[";
    for (std::size_t k = 0; k < outputs.cols(); ++k) {
      if (k > 0) json += ',';
      append_json_number(json, outputs(i, k));
    }
    json += ']';
  }
}

}  // namespace thrum::serving
