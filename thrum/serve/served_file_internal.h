#pragma once

#include <filesystem>
#include <string>

#include "thrum/serve/model_set_internal.h"
#include "thrum/serve/serve_options.h"

namespace thrum::serving {

/// A model file that is ready to be served.
struct ServedFile {
  ModelSet set = {};
  std::string description = {};  ///< for the log
};

/// Throws as add_file.
ServedFile load_file(const std::filesystem::path& path);

/// As Server::serve.
void serve(ServedFile file, const ServeOptions& options);

}  // namespace thrum::serving
