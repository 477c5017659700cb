#include "thrum/model/predictor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include "thrum/core/assert.h"
#include "thrum/core/printable.h"
#include "thrum/model/engine_internal.h"
#include "thrum/model/linear/linear_predictor_internal.h"
#include "thrum/model/model_format_internal.h"
#include "thrum/model/prepared_predictor_internal.h"
#include "thrum/model/tree/byte_trees_internal.h"
#include "thrum/model/tree/deep_trees_internal.h"
#include "thrum/model/tree/explaining_trees_internal.h"
#include "thrum/model/tree/general_trees_internal.h"

namespace thrum {
namespace {

struct Engine {
  std::string_view name;
  std::unique_ptr<Predictor> (*open)(const ModelFile&, Schema);
};

constexpr std::array engines = {
    Engine{"linear-classifier", &open_linear_classifier},
    Engine{"linear-one-vs-rest", &open_linear_one_vs_rest},
    Engine{"linear-regression", &open_linear_regression},
    Engine{"log-linear-regression", &open_log_linear_regression},
    Engine{"byte-trees", &open_byte_trees},
    Engine{"deep-float-trees", &open_deep_float_trees},
    Engine{"deep-double-trees", &open_deep_double_trees},
    Engine{"general-trees", &open_general_trees},
    Engine{"explaining-trees", &open_explaining_trees},
    Engine{prepared_engine, &open_prepared},
};

}  // namespace

void Predictor::predict_columns(MatrixView<const double> /*columns*/, MatrixView<double> /*outputs*/) const noexcept {
  THRUM_ASSERT(takes_columns());
}

void Predictor::predict_sparse(std::span<const FeatureValue> /*row*/, std::span<double> /*outputs*/) const noexcept {
  THRUM_ASSERT(takes_sparse());
}

double Predictor::typical_value(std::size_t) const noexcept {
  return std::numeric_limits<double>::quiet_NaN();
}

void Predictor::explain(MatrixView<const double>, MatrixView<double>) const {
  THRUM_ASSERT(n_margins() > 0);
}

void add_engine(ModelFileBuilder& image, std::string_view engine, const Schema& schema) {
  add_format(image, "predictor");
  image.add_metadata("engine", std::string(engine));
  image.add_metadata("schema", schema.to_json());
}

std::unique_ptr<Predictor> open_predictor(ByteSpan image, Origin origin) {
  const ModelFile file(image, "predictor", origin);
  check_format(file, "predictor");
  const std::string& name = file.metadata("engine");
  const auto found = std::ranges::find(engines, name, &Engine::name);
  if (found == engines.end())
    file.fail(fmt::format("needs the engine {}, which this build does not know", in_quotes(name)));
  return found->open(file, Schema::from_json(file.metadata("schema"), file.source()));
}

}  // namespace thrum
