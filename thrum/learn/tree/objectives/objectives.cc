#include "thrum/learn/tree/objectives/objectives_internal.h"

#include <fmt/format.h>

#include "thrum/core/error.h"

namespace thrum {
namespace {

struct Named {
  std::string_view name;
  Task task;
};

}  // namespace

std::unique_ptr<Objective> make_objective(const GbdtOptions& options, const Target& target) {
  if (options.objective == "auto") return target.task == Task::regression ? squared_error() : binary_log_loss();
  if (options.objective == "log_loss") return binary_log_loss();
  return squared_error();
}

}  // namespace thrum
