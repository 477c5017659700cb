#include "thrum/model/c_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/printable.h"
#include "thrum/model/model.h"

/// The compiled model; the file's own form is not kept.
struct thrum_model {
  std::vector<std::byte> image;
  std::unique_ptr<thrum::Predictor> predictor;
};

namespace {

/// Of fixed size: telling of a failure must not fail.
thread_local char last_error[1024] = "";

thrum_status fail(thrum_status status, std::string_view message) noexcept {
  const std::size_t size = std::min(message.size(), sizeof last_error - 1);
  std::copy_n(message.begin(), size, last_error);
  last_error[size] = '\0';
  return status;
}

thrum_status status_of(thrum::ErrorCode code) noexcept {
  switch (code) {
    case thrum::ErrorCode::invalid_argument:
      return THRUM_INVALID_ARGUMENT;
    case thrum::ErrorCode::io:
      return THRUM_IO;
    case thrum::ErrorCode::corrupt_data:
      return THRUM_CORRUPT_DATA;
    case thrum::ErrorCode::out_of_memory:
      return THRUM_OUT_OF_MEMORY;
    default:
      return THRUM_INTERNAL;
  }
}

/// REQUIRES: called in a catch block.
thrum_status fail_with_exception() noexcept {
  try {
    throw;
  } catch (const thrum::Error& error) {
    return fail(status_of(error.code()), error.what());
  } catch (const std::bad_alloc&) {
    return fail(THRUM_OUT_OF_MEMORY, "[model] out of memory");
  } catch (const std::exception& error) {
    return fail(THRUM_INTERNAL, error.what());
  }
}

const thrum::Feature* find_feature(const thrum_model* model, std::size_t index) noexcept {
  if (index >= thrum_model_n_features(model)) return nullptr;
  return &model->predictor->schema().features[index];
}

/// Throws for the code of an unknown category where the model refuses these.
void check_categories(const thrum::Schema& schema, thrum::MatrixView<const double> rows) {
  for (std::size_t j = 0; j < schema.features.size(); ++j) {
    const thrum::Feature& feature = schema.features[j];
    if (!feature.refuses_unknown) continue;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      const double code = rows(i, j);
      if (std::isnan(code) || (code >= 0 && code < static_cast<double>(feature.categories.size()))) continue;
      throw thrum::Error(thrum::ErrorCode::invalid_argument,
                         fmt::format("[predict] row {}, feature {}: expected a category of the training rows, got none",
                                     i, thrum::in_quotes(feature.name)));
    }
  }
}

}  // namespace

thrum_model* thrum_model_open(const char* path) {
  try {
    if (path == nullptr) throw thrum::Error(thrum::ErrorCode::invalid_argument, "[model] expected a path, got NULL");
    auto model = std::make_unique<thrum_model>();
    model->image = thrum::load_model(path)->compile();
    model->predictor = thrum::open_predictor(model->image);
    return model.release();
  } catch (...) {
    fail_with_exception();
    return nullptr;
  }
}

void thrum_model_close(thrum_model* model) {
  const std::unique_ptr<thrum_model> owner(model);
}

size_t thrum_model_n_features(const thrum_model* model) {
  return model == nullptr ? 0 : model->predictor->schema().features.size();
}

size_t thrum_model_n_outputs(const thrum_model* model) {
  return model == nullptr ? 0 : model->predictor->n_outputs();
}

const char* thrum_model_feature_name(const thrum_model* model, size_t feature) {
  const thrum::Feature* found = find_feature(model, feature);
  return found == nullptr ? nullptr : found->name.c_str();
}

const char* thrum_model_class_name(const thrum_model* model, size_t output) {
  if (model == nullptr) return nullptr;
  const thrum::Target& target = model->predictor->schema().target;
  const bool is_class = target.task == thrum::Task::classification && output < target.classes.size();
  return is_class ? target.classes[output].c_str() : nullptr;
}

double thrum_category_code(const thrum_model* model, size_t feature, const char* category) {
  const thrum::Feature* found = find_feature(model, feature);
  if (found == nullptr || category == nullptr || found->type != thrum::FeatureType::category) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return static_cast<double>(thrum::category_code(found->categories, category));
}

thrum_status thrum_predict(const thrum_model* model, const double* rows, size_t n_rows, double* outputs) {
  if (model == nullptr) return fail(THRUM_INVALID_ARGUMENT, "[predict] expected a model, got NULL");
  if (n_rows == 0) return THRUM_OK;
  if (rows == nullptr || outputs == nullptr) {
    return fail(THRUM_INVALID_ARGUMENT, "[predict] expected rows and room for outputs, got NULL");
  }
  try {
    const thrum::Predictor& predictor = *model->predictor;
    const thrum::MatrixView<const double> given(rows, n_rows, predictor.schema().features.size());
    check_categories(predictor.schema(), given);
    predictor.predict(given, {outputs, n_rows, predictor.n_outputs()});
    return THRUM_OK;
  } catch (...) {
    return fail_with_exception();
  }
}

const char* thrum_last_error(void) {
  return last_error;
}
