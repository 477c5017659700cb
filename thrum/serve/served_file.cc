#include "thrum/model/open_model_file.h"
#include "thrum/runtime/memfd_internal.h"
#include "thrum/serve/repository_set_internal.h"
#include "thrum/serve/served_file_internal.h"

namespace thrum::serving {
namespace {

/// Nothing where the image may be small enough to explain, or can be made only by the model.
ImageMemory image_in_memory(const OpenModelFile& file) {
  ImageMemory image;
  if (file.size() <= largest_explaining) return image;
  file.build_image([&](const ModelFileBuilder& builder) {
    image.fd = create_memfd("thrum-models");
    image.size =
        builder.put_unchecked([&](std::size_t offset, ByteSpan bytes) { write_memfd(image.fd.get(), offset, bytes); });
  });
  return image;
}

}  // namespace

ServedFile load_file(const std::filesystem::path& path) {
  const OpenModelFile file(path);
  ServedFile served{.set = {.models = {{"model", "1"}}, .first = image_in_memory(file)}};
  std::size_t size = served.set.first.size;
  if (size == 0) {
    std::vector<std::byte>& bytes = served.set.models[0].bytes;
    bytes = image_of(*file.model());
    size = bytes.size();
  }
  served.description = describe(file.algorithm(), file.schema(), size);
  return served;
}

}  // namespace thrum::serving
