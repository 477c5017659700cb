#include "thrum/runtime/machine.h"

#include <hwloc.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <thread>

#include "thrum/runtime/cgroup_internal.h"
#include "thrum/runtime/cpu_budget_internal.h"

namespace thrum {
namespace {

int affinity_cpus() {
  const auto own_mask = [](std::size_t bytes, cpu_set_t* mask) {
    return ::sched_getaffinity(0, bytes, mask) == 0 ? 0 : errno;
  };
  return count_affinity(own_mask).value_or(std::max(1, static_cast<int>(std::thread::hardware_concurrency())));
}

struct DestroyTopology {
  void operator()(hwloc_topology_t topology) const { hwloc_topology_destroy(topology); }
};
using Topology = std::unique_ptr<hwloc_topology, DestroyTopology>;

/// The whole machine, also what this process may not use. Null where it cannot be read.
Topology read_topology() {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) return nullptr;
  Topology topology(raw);
  hwloc_topology_set_flags(raw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
  if (hwloc_topology_load(raw) != 0) return nullptr;
  return topology;
}

std::size_t cache_bytes(hwloc_topology_t topology, hwloc_obj_type_t type) {
  const hwloc_obj_t cache = hwloc_get_obj_by_type(topology, type, 0);
  return cache == nullptr ? 0 : cache->attr->cache.size;
}

/// Cores on one of whose CPUs this process may run.
int affinity_cores(hwloc_topology_t topology) {
  const std::unique_ptr<hwloc_bitmap_s, decltype(&hwloc_bitmap_free)> allowed(hwloc_bitmap_alloc(), hwloc_bitmap_free);
  if (hwloc_get_proc_cpubind(topology, ::getpid(), allowed.get(), HWLOC_CPUBIND_THREAD) != 0) return 0;
  int count = 0;
  for (hwloc_obj_t core = nullptr; (core = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_CORE, core)) != nullptr;) {
    if (hwloc_bitmap_intersects(core->cpuset, allowed.get())) ++count;
  }
  return count;
}

void add_topology(Machine& machine) {
  const Topology topology = read_topology();
  if (!topology) return;
  const auto count = [&](hwloc_obj_type_t type) { return hwloc_get_nbobjs_by_type(topology.get(), type); };
  machine.packages = count(HWLOC_OBJ_PACKAGE);
  machine.numa_nodes = count(HWLOC_OBJ_NUMANODE);
  machine.cores = count(HWLOC_OBJ_CORE);
  machine.cpus = count(HWLOC_OBJ_PU);
  machine.affinity_cores = affinity_cores(topology.get());
  machine.l1_data_bytes = cache_bytes(topology.get(), HWLOC_OBJ_L1CACHE);
  machine.l2_bytes = cache_bytes(topology.get(), HWLOC_OBJ_L2CACHE);
  machine.l3_bytes = cache_bytes(topology.get(), HWLOC_OBJ_L3CACHE);
  const hwloc_obj_t package = hwloc_get_obj_by_type(topology.get(), HWLOC_OBJ_PACKAGE, 0);
  const char* model = package == nullptr ? nullptr : hwloc_obj_get_info_by_name(package, "CPUModel");
  if (model != nullptr) machine.cpu_model = model;
}

std::uint64_t memory_bytes() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGE_SIZE));
}

std::optional<std::uint64_t> limit_of(decltype(RLIMIT_AS) resource) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return limit.rlim_cur;
}

std::optional<double> load_average() {
  double last_minute = 0;
  if (::getloadavg(&last_minute, 1) != 1) return std::nullopt;
  return last_minute;
}

std::optional<std::uint64_t> shared_memory_bytes() {
  struct statvfs file_system{};
  if (::statvfs("/dev/shm", &file_system) != 0) return std::nullopt;
  return std::uint64_t{file_system.f_blocks} * file_system.f_frsize;
}

}  // namespace

Machine inspect_machine() {
  Machine machine;
  add_topology(machine);
  const CgroupLimits limits = read_cgroup_limits();
  machine.memory_bytes = memory_bytes();
  machine.affinity_cpus = affinity_cpus();
  machine.cpu_quota = limits.cpus;
  machine.memory_limit_bytes = limits.memory_bytes;
  machine.available_cpus = cpu_budget(machine.affinity_cpus, machine.cpu_quota, nullptr);
  return machine;
}

MachineState inspect_machine_state() {
  MachineState state;
  state.load_average = load_average();
  state.throttling = read_cgroup_throttling();
  state.shared_memory_bytes = shared_memory_bytes();
  state.open_files = limit_of(RLIMIT_NOFILE);
  state.address_space_bytes = limit_of(RLIMIT_AS);
  state.user_threads = limit_of(RLIMIT_NPROC);
  return state;
}

int available_cpus() {
  return cpu_budget(affinity_cpus(), read_cgroup_limits().cpus, std::getenv("THRUM_THREADS"));
}

std::uint64_t available_memory() {
  return std::min(memory_bytes(), read_cgroup_limits().memory_bytes.value_or(memory_bytes()));
}

}  // namespace thrum
