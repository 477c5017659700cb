#include "thrum/data/csv_missing_internal.h"

#include <algorithm>

#include "thrum/data/csv_number_internal.h"

namespace thrum::csv {

MissingMarkers::MissingMarkers(std::vector<std::string> markers) : markers_(std::move(markers)) {
  for (std::string& marker : markers_) {
    marker = std::string(without_blanks(marker));
    longest_ = std::max(longest_, marker.size());
    any_number_ |= parse_number(marker).kind != Number::Kind::none;
    if (marker.empty()) {
      empty_is_missing_ = true;
    } else {
      first_bytes_.set(static_cast<unsigned char>(marker.front()));
    }
  }
}

bool MissingMarkers::contain(std::string_view text) const noexcept {
  text = without_blanks(text);
  if (text.empty()) return empty_is_missing_;
  if (text.size() > longest_ || !first_bytes_[static_cast<unsigned char>(text.front())]) return false;
  return std::find(markers_.begin(), markers_.end(), text) != markers_.end();
}

}  // namespace thrum::csv
