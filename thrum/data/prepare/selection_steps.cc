#include "thrum/data/prepare/steps_internal.h"

namespace thrum::prepare {
namespace {

Maps drop_all(const PreparedRows&, std::span<const std::size_t> columns, const Options&) {
  return Maps(columns.size(), drop_column());
}

}  // namespace

std::vector<StepRule> selection_steps() {
  return {{"drop", "leave columns out", "", default_options_of<NoOptions>(), &drop_all}};
}

}  // namespace thrum::prepare
