#include "thrum/serve/prediction_text_internal.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "thrum/core/most_probable.h"
#include "thrum/serve/json_text_internal.h"

namespace thrum::serving {

namespace {

/// Empty where one is no whole number.
std::vector<std::int64_t> as_integers(const std::vector<std::string>& texts) {
  std::vector<std::int64_t> integers;
  for (const std::string& text : texts) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    integers.push_back(value);
  }
  return integers;
}

}  // namespace

PredictionText::PredictionText(const Target& target) {
  if (target.task == Task::classification) {
    classes_ = target.classes;
    integer_classes_ = as_integers(classes_);
  }
  const bool all_numbers = std::all_of(classes_.begin(), classes_.end(), is_json_number);
  for (std::string& text : classes_) {
    if (!all_numbers) append_json_string(text, std::exchange(text, {}));
    class_list_ += (class_list_.empty() ? "[" : ",") + text;
  }
  class_list_ += ']';
}

void PredictionText::append_predictions(std::string& json, Outputs outputs) const {
  for (std::size_t i = 0; i < outputs.rows(); ++i) {
    if (i > 0) json += ',';
    const auto row = outputs.row(i);
    if (is_classification()) {
      json += classes_[most_probable(row)];
    } else {
      append_json_number(json, row[0]);
    }
  }
}

void PredictionText::append_probabilities(std::string& json, Outputs outputs) const {
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
