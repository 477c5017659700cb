#include "thrum/cache/flights_internal.h"

namespace thrum {

Flights::Place Flights::join(const Digest& key) {
  MutexLock lock(mutex_);
  const auto [place, first] = flights_.try_emplace(key);
  if (first) place->second = std::make_shared<Flight>();
  return {place->second, first};
}

void Flights::land(const Digest& key, const std::shared_ptr<Flight>& flight, const Outcome& outcome) {
  MutexLock lock(mutex_);
  flight->outcome_ = outcome;
  flight->has_landed_ = true;
  flights_.erase(key);
  landed_.notify_all();
}

std::optional<Flights::Outcome> Flights::wait(const std::shared_ptr<Flight>& flight,
                                              std::chrono::steady_clock::time_point deadline) {
  MutexLock lock(mutex_);
  while (!flight->has_landed_) {
    if (!landed_.wait_until(mutex_, deadline) && !flight->has_landed_) return std::nullopt;
  }
  return flight->outcome_;
}

}  // namespace thrum
