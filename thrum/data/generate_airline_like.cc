#include <algorithm>
#include <cmath>
#include <numbers>

#include "thrum/data/row_generator_internal.h"

namespace thrum {
namespace {

constexpr std::size_t n_airports = 300;

std::vector<std::string> numbered(const std::string& prefix, int n) {
  std::vector<std::string> names;
  for (int i = 1; i <= n; ++i) names.push_back(prefix + (i < 10 ? "0" : "") + std::to_string(i));
  return names;
}

std::vector<std::string> carriers() {
  return {"9E", "AA", "AS", "B6", "CO", "DL", "EV", "F9", "FL", "G4",
          "HA", "MQ", "NK", "NW", "OH", "OO", "UA", "US", "WN", "YX"};
}

std::vector<std::string> airports() {
  std::vector<std::string> codes;
  for (std::size_t i = 0; i < n_airports; ++i) {
    const std::size_t k = i * 7919 % (26 * 26 * 26);
    codes.push_back(
        {static_cast<char>('A' + k / 676), static_cast<char>('A' + k / 26 % 26), static_cast<char>('A' + k % 26)});
  }
  std::sort(codes.begin(), codes.end());
  return codes;
}

/// Weights 1 / rank^power; the ranks are scattered over the codes. REQUIRES: n is no multiple of 37.
std::vector<double> zipf(std::size_t n, double power) {
  std::vector<double> weights(n);
  for (std::size_t i = 0; i < n; ++i) weights[i] = std::pow(static_cast<double>(i * 37 % n + 1), -power);
  return weights;
}

/// What each carrier or airport adds to the log odds of a delay: part of the definition, whatever the seed.
std::vector<double> effects(std::uint64_t kind, std::size_t n, double spread) {
  const Random random(0, kind);
  std::vector<double> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = spread * random.normal(i);
  return values;
}

/// The time of day as hhmm.
std::int64_t clock(double minutes) {
  const auto whole = static_cast<std::int64_t>(minutes);
  return whole / 60 * 100 + whole % 60;
}

struct Flight {
  std::size_t month, day, weekday;
  double minutes;  ///< after midnight
  std::size_t carrier, origin, destination;
};

class AirlineLike final : public RowGenerator {
 public:
  explicit AirlineLike(std::uint64_t seed)
      : random_(seed, 0x666c69676874),
        columns_({{"month", 0, numbered("m", 12)},
                  {"day_of_month", 0, numbered("d", 31)},
                  {"day_of_week", 0, numbered("w", 7)},
                  {"departure_time"},
                  {"carrier", 0, carriers()},
                  {"origin", 0, airports()},
                  {"destination", 0, airports()},
                  {"distance"},
                  {"air_time", 1},
                  {"delayed", 0, {"N", "Y"}}}),
        carrier_(zipf(carriers().size(), 0.8)),
        airport_(zipf(n_airports, 1.0)) {}

  std::span<const GeneratedColumn> columns() const override { return columns_; }

  void fill_row(std::uint64_t row, std::span<std::int64_t> values) const override {
    RowDraws draws(random_, row);
    const auto code = [](std::size_t index) { return static_cast<std::int64_t>(index); };
    const Flight flight = draw_flight(draws);
    const double distance = std::clamp(std::exp(6.4 + 0.65 * draws.normal()), 50.0, 5000.0);
    const double air_time = std::max(20 + distance / 7.5 + 6 * draws.normal(), 15.0);
    values[0] = code(flight.month);
    values[1] = code(flight.day);
    values[2] = code(flight.weekday);
    values[3] = clock(flight.minutes);
    values[4] = draws.chance(0.01) ? missing : code(flight.carrier);
    values[5] = code(flight.origin);
    values[6] = code(flight.destination);
    values[7] = fixed_point(distance, 0);
    values[8] = draws.chance(0.05) ? missing : fixed_point(air_time, 1);
    values[9] = draws.chance(sigmoid(log_odds(flight))) ? 1 : 0;
  }

 private:
  static std::size_t pick(RowDraws& draws, std::size_t n) {
    return static_cast<std::size_t>(draws.uniform() * static_cast<double>(n));
  }

  Flight draw_flight(RowDraws& draws) const {
    Flight flight;
    flight.month = pick(draws, 12);
    flight.day = pick(draws, 31);
    flight.weekday = pick(draws, 7);
    const double rush = draws.chance(0.55) ? 540 : 1050;
    flight.minutes = std::clamp(rush + 150 * draws.normal(), 0.0, 24 * 60 - 1.0);
    flight.carrier = carrier_.draw(draws);
    flight.origin = airport_.draw(draws);
    flight.destination = airport_.draw(draws);
    if (flight.destination == flight.origin) flight.destination = (flight.destination + 1) % n_airports;
    return flight;
  }

  double log_odds(const Flight& flight) const {
    const double season = 0.3 * std::cos(2 * std::numbers::pi * static_cast<double>(flight.month) / 6);
    const double friday = flight.weekday == 4 ? 0.3 : 0.0;
    const double late = 0.22 * (flight.minutes - 780) / 60 * (flight.minutes > 360 ? 1 : 0);
    const double hub = flight.carrier % 7 == flight.origin % 7 ? 0.5 : 0.0;
    return -1.8 + season + friday + late + hub + carrier_effects_[flight.carrier] + origin_effects_[flight.origin] +
           destination_effects_[flight.destination];
  }

  Random random_;
  std::vector<GeneratedColumn> columns_;
  Weighted carrier_;
  Weighted airport_;
  std::vector<double> carrier_effects_ = effects(1, carriers().size(), 0.4);
  std::vector<double> origin_effects_ = effects(2, n_airports, 0.3);
  std::vector<double> destination_effects_ = effects(3, n_airports, 0.2);
};

}  // namespace

std::unique_ptr<RowGenerator> airline_like(std::uint64_t seed) {
  return std::make_unique<AirlineLike>(seed);
}

}  // namespace thrum
