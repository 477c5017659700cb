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

/// The image of a large file is made from the file in the memory that the workers will map, that of another by way of
/// the model. Throws as load_model.
ServedFile load_file(const std::filesystem::path& path);

/// As Server::serve.
void serve(ServedFile file, const ServeOptions& options);

}  // namespace thrum::serving
