#include "thrum/data/prepare/steps_internal.h"

namespace thrum::prepare {
namespace {

struct NoOptions {
  static std::span<const OptionField> fields() { return {}; }
};

Maps drop_all(const PreparedRows&, std::span<const std::size_t> columns, const Options&) {
  return Maps(columns.size(), drop_column());
}

}  // namespace

std::vector<StepRule> selection_steps() {
  return {{"drop", "leave columns out", "", {NoOptions(), NoOptions::fields()}, &drop_all}};
}

}  // namespace thrum::prepare
