#pragma once

#include "thrum/cli/command.h"
#include "thrum/cli/session.h"

namespace thrum::cli {

/// The root with all commands, in the order in which help lists them; parsing fills `globals`.
Command thrum_command(Globals& globals);

// One per file.
Command advise_command();
Command bench_command();
Command bench_matmul_command();
Command bench_mean_command();
Command bench_parallel_command();
Command cache_command();
Command cache_clear_command();
Command cache_ls_command();
Command cache_prune_command();
Command cache_stat_command();
Command cache_verify_command();
Command completion_command();
Command convert_command();
Command data_command();
Command data_generate_command();
Command data_inspect_command();
Command data_split_command();
Command dependence_command();
Command doctor_command();
Command evaluate_command();
Command help_command();
Command importance_command();
Command info_command();
Command inspect_command();
Command explain_command();
Command man_command();
Command plan_command();
Command predict_command();
Command reference_command();
Command serve_command();
Command train_command();

}  // namespace thrum::cli
