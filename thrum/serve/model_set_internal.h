#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "thrum/core/bytes.h"
#include "thrum/model/predictor.h"
#include "thrum/serve/access_internal.h"

namespace thrum::serving {

/// A compiled model and what it is called.
struct ModelImage {
  std::string name;
  std::string version;
  std::vector<std::byte> bytes;  ///< of Model::compile
};

/// All that workers serve in one image, as pointer-free as those of the models, which they map.
std::vector<std::byte> pack_models(std::span<const ModelImage> models, const Access& access = {});

struct ServedModel {
  std::string name;
  std::string version;
  std::unique_ptr<Predictor> predictor;
};

/// The inverse. `image` must be aligned to 64 bytes and outlive the models. Throws corrupt_data.
std::vector<ServedModel> open_models(ByteSpan image);
Access open_access(ByteSpan image);

}  // namespace thrum::serving
