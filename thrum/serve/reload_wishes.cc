#include <algorithm>

#include "thrum/serve/reload_wishes_internal.h"

namespace thrum::serving {

std::optional<std::string> ReloadWishes::outcome(std::uint64_t wish) const {
  if (n_settled_.load(std::memory_order_acquire) < wish) return std::nullopt;
  std::string failure(size_.load(std::memory_order_relaxed), '\0');
  for (std::size_t i = 0; i < failure.size(); ++i) failure[i] = failure_[i].load(std::memory_order_relaxed);
  return failure;
}

void ReloadWishes::settle(std::uint64_t wish, std::string_view failure) noexcept {
  const std::string_view kept = failure.substr(0, longest);
  for (std::size_t i = 0; i < kept.size(); ++i) failure_[i].store(kept[i], std::memory_order_relaxed);
  size_.store(kept.size(), std::memory_order_relaxed);
  n_settled_.store(wish, std::memory_order_release);
}

}  // namespace thrum::serving
