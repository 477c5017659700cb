#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <optional>

#include "thrum/cli/commands.h"
#include "thrum/cli/machine_text.h"
#include "thrum/cli/text.h"
#include "thrum/cli/version.h"
#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/linalg/blas.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/simd.h"

namespace thrum::cli {
namespace {

struct Facts {
  Machine machine;
  std::optional<linalg::BlasInfo> blas;  ///< nullopt where none can be loaded
  std::string blas_fault = {};
  int threads = 0;
};

Facts collect(const Session& session) {
  Facts facts{.machine = inspect_machine(), .blas = {}, .threads = session.threads};
  try {
    facts.blas = linalg::blas_info();
  } catch (const Error& error) {
    facts.blas_fault = error.what();
  }
  return facts;
}

Json optional_json(const auto& value) {
  return value ? Json(*value) : Json();
}

Json facts_json(const Facts& facts) {
  const Machine& machine = facts.machine;
  Json blas;
  if (facts.blas) blas = {{"core", facts.blas->core}, {"path", facts.blas->path}, {"chosen_by", facts.blas->chosen_by}};
  return {{"schema", "thrum.info/1"},
          {"version", version()},
          {"cpu",
           {{"model", machine.cpu_model},
            {"packages", machine.packages},
            {"numa_nodes", machine.numa_nodes},
            {"cores", machine.cores},
            {"cpus", machine.cpus}}},
          {"cache", {{"l1_data", machine.l1_data_bytes}, {"l2", machine.l2_bytes}, {"l3", machine.l3_bytes}}},
          {"memory", {{"bytes", machine.memory_bytes}, {"limit_bytes", optional_json(machine.memory_limit_bytes)}}},
          {"affinity_cpus", machine.affinity_cpus},
          {"cpu_quota", optional_json(machine.cpu_quota)},
          {"available_cpus", machine.available_cpus},
          {"simd", simd_level()},
          {"simd_levels", simd_levels()},
          {"blas", blas},
          {"threads", facts.threads}};
}

std::string cpu_text(const Machine& machine) {
  return fmt::format("{}: {}, {}, {}, {}", machine.cpu_model.empty() ? "unknown" : machine.cpu_model,
                     counted(static_cast<std::size_t>(machine.packages), "socket"),
                     counted(static_cast<std::size_t>(machine.cores), "core"),
                     counted(static_cast<std::size_t>(machine.cpus), "CPU"),
                     counted(static_cast<std::size_t>(machine.numa_nodes), "NUMA node"));
}

std::string memory_text(const Machine& machine) {
  std::string all = byte_size(machine.memory_bytes);
  if (!machine.memory_limit_bytes) return all;
  return fmt::format("{} of {} left by control groups", byte_size(*machine.memory_limit_bytes), all);
}

std::string facts_text(const Facts& facts) {
  const Machine& machine = facts.machine;
  std::vector<std::vector<std::string>> rows = {
      {"thrum", version()},
      {"CPU", cpu_text(machine)},
      {"caches", fmt::format("L1d {}, L2 {}, L3 {}", byte_size(machine.l1_data_bytes), byte_size(machine.l2_bytes),
                             byte_size(machine.l3_bytes))},
      {"memory", memory_text(machine)},
      {"allowed", allowed_text(machine)},
      {"SIMD", fmt::format("{} (of {})", simd_level(), fmt::join(simd_levels(), ", "))},
      {"BLAS", facts.blas ? fmt::format("{}, kernels {} (chosen by {})", facts.blas->path, facts.blas->core,
                                        facts.blas->chosen_by)
                          : facts.blas_fault},
      {"default", fmt::format("{} (-j, THRUM_THREADS)", counted(static_cast<std::size_t>(facts.threads), "thread"))},
  };
  return aligned(rows, "ll");
}

}  // namespace

Command info_command() {
  Command command{.name = "info", .summary = "Show the machine as thrum sees it, and the defaults that follow."};
  command.examples = {{"thrum info", ""}, {"thrum info --json", "for scripts"}};
  command.run = [](Session& session) {
    const Facts facts = collect(session);
    print(session.globals.json ? facts_json(facts).dump(2) + "\n" : facts_text(facts));
  };
  return command;
}

}  // namespace thrum::cli
