#include <fmt/format.h>

#include <cstdint>
#include <optional>

#include "thrum/cli/commands.h"
#include "thrum/cli/machine_text.h"
#include "thrum/cli/text.h"
#include "thrum/cli/version.h"
#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/linalg/blas.h"
#include "thrum/runtime/advice/advice.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/simd.h"

namespace thrum::cli {
namespace {

struct Facts {
  Machine machine;
  MachineState state;
  std::optional<linalg::BlasInfo> blas;  ///< nullopt where none can be loaded
  std::string blas_fault = {};
  int threads = 0;
};

Facts collect(const Session& session) {
  Facts facts{.machine = inspect_machine(), .state = inspect_machine_state(), .blas = {}, .threads = session.threads};
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

Json state_json(const MachineState& state) {
  Json throttling;
  if (state.throttling) {
    throttling = {{"periods", state.throttling->periods},
                  {"throttled_periods", state.throttling->throttled_periods},
                  {"throttled_seconds", state.throttling->throttled_seconds}};
  }
  return {{"load_average", optional_json(state.load_average)},
          {"throttling", throttling},
          {"shared_memory_bytes", optional_json(state.shared_memory_bytes)},
          {"limits",
           {{"open_files", optional_json(state.open_files)},
            {"address_space_bytes", optional_json(state.address_space_bytes)},
            {"user_threads", optional_json(state.user_threads)}}}};
}

Json suggestion_json(int threads) {
  return {{"cpu_bound_jobs", threads},
          {"threads_per_process", 1},
          {"processes_times_threads", threads},
          {"blocking_jobs", most_workers_that_wait(threads)}};
}

Json facts_json(const Facts& facts) {
  const Machine& machine = facts.machine;
  Json blas;
  if (facts.blas) blas = {{"core", facts.blas->core}, {"path", facts.blas->path}, {"chosen_by", facts.blas->chosen_by}};
  Json object = {
      {"schema", "thrum.info/1"},
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
      {"affinity_cores", machine.affinity_cores},
      {"cpu_quota", optional_json(machine.cpu_quota)},
      {"available_cpus", machine.available_cpus},
      {"simd", simd_level()},
      {"simd_levels", simd_levels()},
      {"blas", blas},
      {"threads", facts.threads},
      {"suggested", suggestion_json(facts.threads)}};
  object.update(state_json(facts.state));
  return object;
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

std::string limit_text(const std::optional<std::uint64_t>& limit, const std::string& what) {
  return what + " " + (limit ? grouped(*limit) : "unlimited");
}

std::string limits_text(const MachineState& state) {
  const std::string space = state.address_space_bytes ? byte_size(*state.address_space_bytes) : "unlimited";
  const std::string shared = state.shared_memory_bytes ? byte_size(*state.shared_memory_bytes) : "none";
  return fmt::format("{}, {}, address space {}, /dev/shm {}", limit_text(state.open_files, "open files"),
                     limit_text(state.user_threads, "threads of the user"), space, shared);
}

std::string throttling_text(const MachineState& state) {
  if (!state.throttling) return "none enforced";
  return fmt::format("stopped the processes in {} of {} periods, {:.1f} s in all",
                     grouped(state.throttling->throttled_periods), grouped(state.throttling->periods),
                     state.throttling->throttled_seconds);
}

std::string suggestion_text(int threads) {
  return fmt::format(
      "{} for work that computes, as processes x threads = {}; up to {} for work that waits "
      "(thrum advise)",
      counted(static_cast<std::size_t>(threads), "job"), threads, most_workers_that_wait(threads));
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
      {"quota", throttling_text(facts.state)},
      {"load", facts.state.load_average
                   ? fmt::format("{:.2f} threads ran or wanted to over the last minute", *facts.state.load_average)
                   : "unknown"},
      {"limits", limits_text(facts.state)},
      {"SIMD", fmt::format("{} (of {})", simd_level(), fmt::join(simd_levels(), ", "))},
      {"BLAS", facts.blas ? fmt::format("{}, kernels {} (chosen by {})", facts.blas->path, facts.blas->core,
                                        facts.blas->chosen_by)
                          : facts.blas_fault},
      {"default", fmt::format("{} (-j, THRUM_THREADS)", counted(static_cast<std::size_t>(facts.threads), "thread"))},
      {"n_jobs", suggestion_text(facts.threads)},
  };
  return aligned(rows, "ll");
}

}  // namespace

Command info_command() {
  Command command{.name = "info", .summary = "Show the machine as thrum sees it, and the defaults that follow."};
  command.examples = {{"thrum info", ""}, {"thrum info --json", "for scripts"}};
  command.run = [](Session& session) {
    const Facts facts = collect(session);
    print(session.globals.json ? json_text(facts_json(facts)) : facts_text(facts));
  };
  return command;
}

}  // namespace thrum::cli
