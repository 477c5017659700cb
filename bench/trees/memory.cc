#include <fmt/format.h>

#include "bench/memory_status.h"
#include "measurements.h"
#include "thrum/data/generate.h"
#include "thrum/learn/learner.h"
#include "thrum/runtime/process_status_internal.h"

namespace thrum::bench {
namespace {

Dataset generated(std::size_t rows, const Execution& execution) {
  auto table = std::make_shared<const Table>(generate("higgs-like", rows, execution));
  return Dataset(std::move(table), {.target = generator_target("higgs-like")});
}

}  // namespace

std::string memory(Words words) {
  const LocalExecution execution(2, 7);
  const Learner& learner = find_learner("gbdt");
  Options options = learner.default_options();
  options.set("n_estimators", "10");
  options.set("num_leaves", "255");
  learner.fit(generated(1000, execution), options, execution);
  const Dataset dataset = generated(std::stoull(words[0]), execution);
  forget_peak();
  const std::size_t before = status_bytes("VmRSS");
  learner.fit(dataset, options, execution);
  return fmt::format(R"({{"bytes": {}}})", status_bytes("VmHWM") - before);
}

}  // namespace thrum::bench
