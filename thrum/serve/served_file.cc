#include "thrum/model/open_model_file.h"
#include "thrum/serve/repository_set_internal.h"
#include "thrum/serve/served_file_internal.h"

namespace thrum::serving {

ServedFile load_file(const std::filesystem::path& path) {
  const OpenModelFile file(path);
  ServedFile served;
  const std::size_t size = add_file(served.set, "model", "1", file);
  served.description = describe(file.algorithm(), file.schema(), size);
  return served;
}

}  // namespace thrum::serving
