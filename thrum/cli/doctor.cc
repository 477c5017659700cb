#include <fmt/format.h>

#include <vector>

#include "thrum/cli/commands.h"
#include "thrum/cli/machine_text.h"
#include "thrum/cli/text.h"
#include "thrum/core/json_internal.h"
#include "thrum/linalg/blas.h"
#include "thrum/linalg/gemm_measurement.h"
#include "thrum/linalg/peak.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/simd.h"

namespace thrum::cli {
namespace {

constexpr std::size_t gemm_size = 1500;
constexpr double lowest_share = 0.5;

struct Checkup {
  Machine machine;
  linalg::BlasInfo blas;
  std::vector<linalg::GemmMeasurement> gemms;
  double read_bandwidth = 0;
  std::vector<std::string> warnings;
};

std::string dtype_text(DType dtype) {
  return dtype == DType::f32 ? "float32" : "float64";
}

void warn_of_slow_gemm(Checkup& checkup, const linalg::GemmMeasurement& gemm) {
  if (gemm.share >= lowest_share) return;
  checkup.warnings.push_back(
      fmt::format("matrix products in {} reach {:.0f} % of the processor's peak: other programs may take the rest; "
                  "OpenBLAS runs its {} kernels: where these are not this processor's, set OPENBLAS_CORETYPE, or "
                  "install a newer libopenblas0-pthread",
                  dtype_text(gemm.dtype), 100 * gemm.share, checkup.blas.core));
}

void warn_of_too_many_threads(Checkup& checkup, int threads) {
  if (threads <= checkup.machine.available_cpus) return;
  checkup.warnings.push_back(fmt::format(
      "{} share {}: leave -j out, or give {} at most", counted(static_cast<std::size_t>(threads), "thread"),
      counted(static_cast<std::size_t>(checkup.machine.available_cpus), "CPU"), checkup.machine.available_cpus));
}

Checkup check_up(const Session& session) {
  Checkup checkup;
  checkup.machine = inspect_machine();
  warn_of_too_many_threads(checkup, session.threads);
  checkup.blas = linalg::blas_info();
  Arena arena(session.threads);
  for (const DType dtype : {DType::f32, DType::f64}) {
    session.console.report({.stage = fmt::format("measuring {}", dtype_text(dtype)), .done = 0, .total = 0});
    checkup.gemms.push_back(linalg::measure_gemm(arena, gemm_size, dtype));
    warn_of_slow_gemm(checkup, checkup.gemms.back());
  }
  checkup.read_bandwidth = linalg::measure_read_bandwidth(arena);
  session.console.end_progress();
  return checkup;
}

Json checkup_json(const Checkup& checkup, const Session& session) {
  Json gemms = Json::array();
  for (const linalg::GemmMeasurement& gemm : checkup.gemms) {
    gemms.push_back({{"dtype", dtype_text(gemm.dtype)},
                     {"n", gemm.n},
                     {"gflops", gemm.gflops},
                     {"peak_gflops", gemm.peak_gflops},
                     {"share", gemm.share}});
  }
  return {{"schema", "thrum.doctor/1"},
          {"threads", session.threads},
          {"affinity_cpus", checkup.machine.affinity_cpus},
          {"cpu_quota", checkup.machine.cpu_quota ? Json(*checkup.machine.cpu_quota) : Json()},
          {"vector_target", simd_level()},
          {"blas",
           {{"path", checkup.blas.path},
            {"core", checkup.blas.core},
            {"config", checkup.blas.config},
            {"chosen_by", checkup.blas.chosen_by}}},
          {"gemm", gemms},
          {"read_gb_per_second", checkup.read_bandwidth},
          {"warnings", checkup.warnings}};
}

std::string checkup_text(const Checkup& checkup, const Session& session) {
  std::vector<std::vector<std::string>> rows = {{"gemm", "GFLOP/s", "FMA peak", "share"}};
  for (const linalg::GemmMeasurement& gemm : checkup.gemms) {
    rows.push_back({fmt::format("{} {}x{}", dtype_text(gemm.dtype), gemm.n, gemm.n), fmt::format("{:.1f}", gemm.gflops),
                    fmt::format("{:.1f}", gemm.peak_gflops), fmt::format("{:.0f} %", 100 * gemm.share)});
  }
  std::string text = fmt::format("threads   {}\n", session.threads);
  text += fmt::format("allowed   {}\n", allowed_text(checkup.machine));
  text += fmt::format("vectors   {}\n", simd_level());
  text += fmt::format("BLAS      {}\n          kernels {} (chosen by {})\n          {}\n", checkup.blas.path,
                      checkup.blas.core, checkup.blas.chosen_by, checkup.blas.config);
  text += fmt::format("memory    {:.1f} GB/s read\n\n", checkup.read_bandwidth) + aligned(rows) + "\n";
  for (const std::string& warning : checkup.warnings) text += "! " + warning + "\n";
  return text + (checkup.warnings.empty() ? "all well\n" : "");
}

}  // namespace

Command doctor_command() {
  Command command{.name = "doctor",
                  .summary = "Measure whether this machine runs at its speed, and say what is wrong."};
  command.description =
      "Takes about a second of all CPUs: matrix products beside the peak of the processor's fused\n"
      "multiply-adds, and the speed at which memory is read.";
  command.examples = {{"thrum doctor", ""}, {"thrum doctor --json", "to attach to a bug report"}};
  command.run = [](Session& session) {
    const Checkup checkup = check_up(session);
    print(session.globals.json ? json_text(checkup_json(checkup, session)) : checkup_text(checkup, session));
  };
  return command;
}

}  // namespace thrum::cli
