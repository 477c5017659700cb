#include "thrum/data/csv_field_internal.h"

namespace thrum::csv {

Field scan_quoted_field(const char* begin, const char* end, char delimiter) noexcept {
  Field field{.text = {}, .next = begin, .last = true, .quoted = true};
  const char* p = begin + 1;
  for (;; p += 2, field.escaped = true) {
    p = static_cast<const char*>(std::memchr(p, '"', static_cast<std::size_t>(end - p)));
    if (p == nullptr) {
      field.fault = Fault::unclosed_quote;
      return field;
    }
    if (p + 1 == end || p[1] != '"') break;
  }
  field.text = {begin + 1, static_cast<std::size_t>(p - begin - 1)};
  field.next = ++p;
  if (p == end) return field;
  field.last = *p != delimiter;
  const std::size_t length = field.last ? line_end_length(p, end) : 1;
  if (length == 0) field.fault = Fault::text_after_quote;
  field.next += length;
  return field;
}

std::string unescape(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    plain += text[i];
    if (text[i] == '"') ++i;
  }
  return plain;
}

}  // namespace thrum::csv
