#include "thrum/data/csv_missing_internal.h"

#include <algorithm>

namespace thrum::csv {

MissingMarkers::MissingMarkers(std::vector<std::string> markers) : markers_(std::move(markers)) {
  first_bytes_[' '] = true;
  first_bytes_['\t'] = true;
  for (std::string& marker : markers_) {
    marker = std::string(without_blanks(marker));
    any_number_ |= parse_number(marker).kind != Number::Kind::none;
    empty_is_missing_ |= marker.empty();
    longest_ = std::max(longest_, marker.size());
    if (!marker.empty()) first_bytes_[static_cast<unsigned char>(marker.front())] = true;
  }
}

bool MissingMarkers::is_among(std::string_view text) const noexcept {
  return text.size() <= longest_ && std::find(markers_.begin(), markers_.end(), text) != markers_.end();
}

}  // namespace thrum::csv
