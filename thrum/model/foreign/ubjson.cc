#include "thrum/model/foreign/ubjson_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/utf8_internal.h"

namespace thrum {
namespace {

class Parser {
 public:
  Parser(ByteSpan bytes, std::string_view where) : bytes_(bytes), where_(where) {}

  Json document() {
    Json value = this->value(marker(), 0);
    if (at_ != bytes_.size()) fail("has bytes behind its end");
    return value;
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw Error(ErrorCode::corrupt_data, fmt::format("[{}] not valid UBJSON at byte {}: {}", where_, at_, what));
  }

  ByteSpan take(std::size_t n) {
    if (n > bytes_.size() - at_) fail("the end is missing");
    return bytes_.subspan(std::exchange(at_, at_ + n), n);
  }

  char peek() const { return at_ < bytes_.size() ? static_cast<char>(bytes_[at_]) : '\0'; }
  char marker() { return static_cast<char>(take(1)[0]); }

  /// Numbers are big-endian.
  template <class T>
  T number() {
    std::array<std::byte, sizeof(T)> raw;
    std::ranges::reverse_copy(take(sizeof(T)), raw.begin());
    return std::bit_cast<T>(raw);
  }

  std::optional<std::int64_t> integer(char type) {
    switch (type) {
      case 'i':
        return number<std::int8_t>();
      case 'U':
        return number<std::uint8_t>();
      case 'I':
        return number<std::int16_t>();
      case 'l':
        return number<std::int32_t>();
      case 'L':
        return number<std::int64_t>();
      default:
        return std::nullopt;
    }
  }

  std::size_t length() {
    const auto n = integer(marker());
    if (!n || *n < 0) fail("expected a length");
    return static_cast<std::size_t>(*n);
  }

  std::string text() {
    const ByteSpan bytes = take(length());
    if (!is_utf8(text_of(bytes))) fail("text is not UTF-8");
    return std::string(text_of(bytes));
  }

  Json value(char type, int depth) {
    constexpr int deepest = 64;
    if (depth > deepest) fail("nested deeper than 64 levels");
    if (const auto whole = integer(type)) return *whole;
    switch (type) {
      case 'd':
        return static_cast<double>(number<float>());
      case 'D':
        return number<double>();
      case 'S':
        return text();
      case 'C':
        return std::string(1, static_cast<char>(number<std::uint8_t>() & 0x7f));
      case 'T':
      case 'F':
        return type == 'T';
      case 'Z':
        return nullptr;
      case '[':
        return array(depth);
      case '{':
        return object(depth);
      default:
        fail("unknown type");
    }
  }

  /// What stands at the beginning of a container: the type of all its values and their number, where it says so.
  struct Frame {
    std::optional<char> type;
    std::optional<std::size_t> size;
  };

  Frame frame() {
    Frame frame;
    if (peek() == '$') {
      take(1);
      frame.type = marker();
      constexpr std::string_view with_bytes = "iUIlLdDCS";
      if (with_bytes.find(*frame.type) == std::string_view::npos) fail("values of this type cannot fill a container");
      if (peek() != '#') fail("a typed container has no size");
    }
    if (peek() == '#') {
      take(1);
      frame.size = length();
      if (*frame.size > bytes_.size() - at_) fail("a container has more values than there are bytes");
    }
    return frame;
  }

  /// Whether there is another value, of which `n` are known.
  bool is_open(const Frame& frame, std::size_t n, char end) {
    if (frame.size) return n < *frame.size;
    if (peek() != end) return true;
    take(1);
    return false;
  }

  Json array(int depth) {
    const Frame frame = this->frame();
    Json values = Json::array();
    while (is_open(frame, values.size(), ']')) values.push_back(value(frame.type ? *frame.type : marker(), depth + 1));
    return values;
  }

  Json object(int depth) {
    const Frame frame = this->frame();
    Json members = Json::object();
    while (is_open(frame, members.size(), '}')) {
      std::string key = text();
      if (members.contains(key)) fail("an object has a key twice");
      members[std::move(key)] = value(frame.type ? *frame.type : marker(), depth + 1);
    }
    return members;
  }

  ByteSpan bytes_;
  std::string_view where_;
  std::size_t at_ = 0;
};

}  // namespace

Json parse_ubjson(ByteSpan bytes, std::string_view where) {
  return Parser(bytes, where).document();
}

}  // namespace thrum
