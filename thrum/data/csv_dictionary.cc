#include "thrum/data/csv_dictionary_internal.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <numeric>

#include "thrum/core/utf8_internal.h"

namespace thrum::csv {

namespace {

const char* end_of(std::string_view text) noexcept {
  return text.data() + text.size();
}

}  // namespace

Key Key::any_text(std::string_view text) noexcept {
  if (text.size() > longest) {
    Key key;
    key.first_ = XXH3_64bits(text.data(), text.size());
    key.size_ = hashed;
    return key;
  }
  char bytes[16] = {};  // only a short one is so near to the end
  std::copy(text.begin(), text.end(), bytes);
  return ends_of({bytes, text.size()});
}

std::int32_t Dictionary::add(Key key, const Entry& entry) {
  const auto code = static_cast<std::int32_t>(entries_.size());
  slots_[slot_of(key, entry.text)] = {key, code};
  entries_.push_back(entry);
  if (4 * entries_.size() > slots_.size()) grow();
  return code;
}

std::int32_t Dictionary::code_of_copy(std::string_view text, std::size_t offset) {
  const Key key(text, end_of(text));
  const Slot& slot = slots_[slot_of(key, text)];
  return slot.code != empty ? slot.code : add(key, {copies_.emplace_front(text), offset});
}

void Dictionary::grow() {
  std::vector<Slot> old(2 * slots_.size());
  old.swap(slots_);
  mask_ = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.code == empty) continue;
    slots_[slot_of(slot.key, entries_[static_cast<std::size_t>(slot.code)].text)] = slot;
  }
}

MergedDictionary merge_dictionaries(std::span<const Dictionary* const> dictionaries) {
  Dictionary all;
  MergedDictionary merged;
  for (const Dictionary* dictionary : dictionaries) {
    auto& codes = merged.codes.emplace_back();
    codes.reserve(dictionary->entries().size());
    for (const Dictionary::Entry& entry : dictionary->entries())
      codes.push_back(all.code(entry.text, end_of(entry.text), entry.offset));
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
