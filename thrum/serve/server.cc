#include "thrum/serve/server.h"

#include <string>
#include <vector>

#include "thrum/core/log.h"
#include "thrum/serve/supervisor_internal.h"
#include "thrum/serve/worker_process_internal.h"

namespace thrum {

void serve(const Model& model, const ServeOptions& options) {
  log(LogLevel::info, "Starting thrum " THRUM_VERSION);
  const std::vector<std::byte> image = model.compile();
  serving::Supervisor supervisor(image, options);
  log(LogLevel::info, "Serving " + std::string(model.algorithm()) + ", " +
                          std::to_string(model.schema().features.size()) + " features, " +
                          std::to_string(image.size()) + " bytes");
  supervisor.run();
}

int serve_worker_main(int argc, char** argv) {
  return serving::worker_main(argc, argv, [](ByteSpan image) { return open_predictor(image); });
}

}  // namespace thrum
