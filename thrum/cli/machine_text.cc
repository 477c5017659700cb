#include "thrum/cli/machine_text.h"

#include <fmt/format.h>

#include "thrum/core/counted.h"

namespace thrum::cli {

std::string allowed_text(const Machine& machine) {
  std::string affinity = counted(static_cast<std::size_t>(machine.affinity_cpus), "CPU") + " by affinity";
  if (machine.affinity_cores > 0 && machine.affinity_cores < machine.affinity_cpus) {
    affinity += " on " + counted(static_cast<std::size_t>(machine.affinity_cores), "core");
  }
  if (!machine.cpu_quota) return affinity + ", no quota";
  return affinity + fmt::format(", {:.3g} by the quota of its control groups", *machine.cpu_quota);
}

}  // namespace thrum::cli
