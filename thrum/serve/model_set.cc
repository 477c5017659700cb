#include <algorithm>
#include <cstdint>
#include <string>

#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/serve/model_set_internal.h"

namespace thrum::serving {
namespace {

// The images, each at a multiple of 64, then a JSON list of where they lie, then the length of the list in 8 bytes.
constexpr std::size_t alignment = 64;

ByteSpan part(ByteSpan image, std::size_t offset, std::size_t size) {
  if (offset > image.size() || size > image.size() - offset) {
    throw Error(ErrorCode::corrupt_data, "[serve] the image of the models is cut short");
  }
  return image.subspan(offset, size);
}

void append(std::vector<std::byte>& image, ByteSpan bytes) {
  image.insert(image.end(), bytes.begin(), bytes.end());
}

}  // namespace

std::vector<std::byte> pack_models(std::span<const ModelImage> models) {
  std::vector<std::byte> image;
  Json list = Json::array();
  for (const ModelImage& model : models) {
    image.resize((image.size() + alignment - 1) / alignment * alignment);
    list.push_back(
        {{"name", model.name}, {"version", model.version}, {"offset", image.size()}, {"size", model.bytes.size()}});
    append(image, model.bytes);
  }
  const std::string text = list.dump();
  const std::uint64_t length = text.size();
  append(image, bytes_of(text));
  append(image, std::as_bytes(std::span(&length, 1)));
  return image;
}

std::vector<ServedModel> open_models(ByteSpan image) {
  constexpr std::size_t tail = sizeof(std::uint64_t);
  if (image.size() < tail) part(image, 0, tail);
  const auto length = load<std::uint64_t>(image.last(tail));
  const ByteSpan body = image.first(image.size() - tail);
  const ByteSpan text = part(body, body.size() - std::min<std::size_t>(length, body.size()), length);
  std::vector<ServedModel> models;
  for (const Json& entry : parse_json(text_of(text), "serve")) {
    const ByteSpan bytes = part(image, entry.at("offset").get<std::size_t>(), entry.at("size").get<std::size_t>());
    models.push_back({entry.at("name"), entry.at("version"), open_predictor(bytes)});
  }
  return models;
}

}  // namespace thrum::serving
