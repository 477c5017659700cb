#pragma once

#include <string>

#include "thrum/cli/session.h"
#include "thrum/core/log.h"

namespace thrum::cli {

/// Lines as gunicorn writes them, on standard error: "[2026-01-31 12:00:00 +0000] [4711] [INFO] Listening at: …"; with
/// --log-format json one object per line. Each line is one write, so that those of several processes do not mix.
LogSink serve_log_sink(const Globals& globals);

/// The same for a worker process, which gets no flags: the format of its supervisor comes through the environment.
LogSink worker_log_sink();

/// Goes to `folder`, from where a reload of the server finds back. Throws Failure (usage).
void change_folder(const std::string& folder);

/// A reload of the server begins where the server began.
void return_to_first_folder();

/// Puts into the environment what worker processes go by. REQUIRES: no other thread runs.
void pass_settings_to_workers(const Globals& globals);

/// The worker's side of it: THRUM_ISA.
void take_settings_of_supervisor();

}  // namespace thrum::cli
