#include "thrum/data/csv_dictionary_internal.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <numeric>

#include "thrum/data/utf8_internal.h"

namespace thrum::csv {

std::uint64_t Dictionary::hash_of(std::string_view text) noexcept {
  return XXH3_64bits(text.data(), text.size());
}

std::size_t Dictionary::slot_of(const Entry& entry) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = entry.hash & mask;; slot = (slot + 1) & mask) {
    if (slots_[slot] == empty) return slot;
    const Entry& other = entries_[static_cast<std::size_t>(slots_[slot])];
    if (other.hash == entry.hash && other.text == entry.text) return slot;
  }
}

std::int32_t Dictionary::code_of(const Entry& entry) {
  const std::size_t slot = slot_of(entry);
  if (slots_[slot] != empty) return slots_[slot];
  const auto code = static_cast<std::int32_t>(entries_.size());
  slots_[slot] = code;
  entries_.push_back(entry);
  if (2 * entries_.size() > slots_.size()) grow();
  return code;
}

std::int32_t Dictionary::code_of_copy(std::string_view text, std::size_t offset) {
  const Entry entry{text, hash_of(text), offset};
  if (const std::int32_t known = slots_[slot_of(entry)]; known != empty) return known;
  return code_of({copies_.emplace_front(text), entry.hash, offset});
}

void Dictionary::grow() {
  slots_.assign(2 * slots_.size(), empty);
  for (std::size_t i = 0; i < entries_.size(); ++i) slots_[slot_of(entries_[i])] = static_cast<std::int32_t>(i);
}

MergedDictionary merge_dictionaries(std::span<const Dictionary* const> dictionaries) {
  Dictionary all;
  MergedDictionary merged;
  for (const Dictionary* dictionary : dictionaries) {
    auto& codes = merged.codes.emplace_back();
    codes.reserve(dictionary->entries().size());
    for (const Dictionary::Entry& entry : dictionary->entries()) codes.push_back(all.code_of(entry));
  }

  const auto entries = all.entries();
  std::vector<std::int32_t> order(entries.size());
  std::iota(order.begin(), order.end(), 0);
  const auto entry_of = [&](std::int32_t code) -> const Dictionary::Entry& {
    return entries[static_cast<std::size_t>(code)];
  };
  std::sort(order.begin(), order.end(),
            [&](std::int32_t a, std::int32_t b) { return entry_of(a).text < entry_of(b).text; });

  std::vector<std::int32_t> rank(entries.size());
  merged.categories.reserve(entries.size());
  for (const std::int32_t code : order) {
    rank[static_cast<std::size_t>(code)] = static_cast<std::int32_t>(merged.categories.size());
    merged.categories.emplace_back(entry_of(code).text);
    if (!is_utf8(entry_of(code).text)) merged.first_not_utf8 = std::min(merged.first_not_utf8, entry_of(code).offset);
  }
  for (auto& codes : merged.codes) {
    for (std::int32_t& code : codes) code = rank[static_cast<std::size_t>(code)];
  }
  return merged;
}

}  // namespace thrum::csv
