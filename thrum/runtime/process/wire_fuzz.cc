#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/runtime/process/wire.h"

namespace {

/// A value of every kind, recursive.
struct Node {
  std::string name;
  std::vector<double> numbers;
  std::map<int, std::string> labels;
  std::optional<bool> flag;
  std::variant<int, std::string, std::vector<bool>> choice;
  std::vector<Node> children;

  template <class Archive>
  void wire(Archive& archive) {
    archive(name, numbers, labels, flag, choice, children);
  }
};

}  // namespace

// Any bytes give a value, which is written as bytes that give it again, or corrupt_data.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    thrum::WireReader reader(std::as_bytes(std::span(data, size)));
    const auto node = reader.read<Node>();
    thrum::WireWriter once(thrum::WireWriter::Mode::to_storage);
    once.write(node);
    thrum::WireWriter twice(thrum::WireWriter::Mode::to_storage);
    twice.write(thrum::WireReader(once.bytes()).read<Node>());
    if (thrum::text_of(once.bytes()) != thrum::text_of(twice.bytes())) __builtin_trap();
  } catch (const thrum::Error& error) {
    if (error.code() != thrum::ErrorCode::corrupt_data) throw;
  }
  return 0;
}
