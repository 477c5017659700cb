#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/json_internal.h"
#include "thrum/serve/model_repository_internal.h"
#include "thrum/serve/model_set_internal.h"

namespace thrum::serving {
namespace {

// The images, each at a multiple of 64, then a JSON object that says where they lie, then its length in 8 bytes.
constexpr std::size_t alignment = 64;

std::size_t aligned(std::size_t offset) {
  return (offset + alignment - 1) / alignment * alignment;
}

ByteSpan part(ByteSpan image, std::size_t offset, std::size_t size) {
  if (offset > image.size() || size > image.size() - offset) {
    throw Error(ErrorCode::corrupt_data, "[serve] the image of the models is cut short");
  }
  return image.subspan(offset, size);
}

Json tail_of(ByteSpan image) {
  constexpr std::size_t size = sizeof(std::uint64_t);
  if (image.size() < size) part(image, 0, size);
  const auto length = load<std::uint64_t>(image.last(size));
  const ByteSpan rest = image.first(image.size() - size);
  return parse_json(text_of(part(rest, rest.size() - std::min<std::size_t>(length, rest.size()), length)), "serve");
}

}  // namespace

std::size_t ModelSet::add(std::string name, std::string version, ByteSpan image) {
  write_memfd(memory_.get(), end_, image);
  return add_entry(std::move(name), std::move(version), image.size());
}

std::size_t ModelSet::add(std::string name, std::string version, const ModelFileBuilder& image) {
  const std::size_t size = image.put_unchecked(
      [this](std::size_t offset, ByteSpan bytes) { write_memfd(memory_.get(), end_ + offset, bytes); });
  return add_entry(std::move(name), std::move(version), size);
}

std::size_t ModelSet::add_entry(std::string name, std::string version, std::size_t size) {
  models_.push_back({std::move(name), std::move(version), end_, size});
  end_ = aligned(end_ + size);
  return size;
}

void ModelSet::add_unloaded(std::string name, std::string version) {
  unloaded_.push_back({std::move(name), std::move(version)});
}

UniqueFd ModelSet::share(const Access& access) {
  Json tail = {{"models", Json::array()},
               {"unloaded", Json::array()},
               {"tokens", access.tokens},
               {"admin_tokens", access.admin_tokens}};
  std::ranges::sort(models_, comes_before<Entry>);
  std::ranges::sort(unloaded_, comes_before<Entry>);
  for (const Entry& model : models_) {
    tail["models"].push_back(
        {{"name", model.name}, {"version", model.version}, {"offset", model.offset}, {"size", model.size}});
  }
  for (const Entry& model : unloaded_) tail["unloaded"].push_back({{"name", model.name}, {"version", model.version}});
  const std::string text = tail.dump();
  const std::uint64_t length = text.size();
  write_memfd(memory_.get(), end_, bytes_of(text));
  write_memfd(memory_.get(), end_ + text.size(), std::as_bytes(std::span(&length, 1)));
  seal_memfd(memory_.get());
  return std::move(memory_);
}

std::vector<ModelImage> models_in(ByteSpan image) {
  std::vector<ModelImage> models;
  const Json tail = tail_of(image);
  for (const Json& entry : tail.at("models")) {
    models.push_back({entry.at("name"), entry.at("version"),
                      part(image, entry.at("offset").get<std::size_t>(), entry.at("size").get<std::size_t>())});
  }
  return models;
}

std::vector<ServedModel> open_models(ByteSpan image) {
  std::vector<ServedModel> models;
  for (ModelImage& model : models_in(image)) {
    models.push_back({std::move(model.name), std::move(model.version), open_predictor(model.bytes, Origin::own),
                      nullptr, model.bytes.size()});
  }
  return models;
}

std::vector<ServedModel> open_unloaded(ByteSpan image) {
  std::vector<ServedModel> models;
  const Json tail = tail_of(image);
  for (const Json& entry : tail.at("unloaded")) models.push_back({entry.at("name"), entry.at("version"), nullptr});
  return models;
}

Access open_access(ByteSpan image) {
  const Json tail = tail_of(image);
  return {tail.at("tokens").get<std::vector<std::string>>(), tail.at("admin_tokens").get<std::vector<std::string>>()};
}

}  // namespace thrum::serving
