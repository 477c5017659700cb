#include "thrum/core/random.h"

#include <cmath>
#include <numbers>

namespace thrum {
namespace {

struct Product {
  std::uint32_t high, low;
};

Product multiply(std::uint32_t a, std::uint32_t b) noexcept {
  const std::uint64_t product = std::uint64_t{a} * b;
  return {static_cast<std::uint32_t>(product >> 32), static_cast<std::uint32_t>(product)};
}

std::uint64_t join(std::uint32_t high, std::uint32_t low) noexcept {
  return std::uint64_t{high} << 32 | low;
}

double unit_interval(std::uint64_t bits) noexcept {
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

}  // namespace

std::array<std::uint32_t, 4> Random::bits(std::uint64_t index) const noexcept {
  std::array<std::uint32_t, 4> x = {static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32),
                                    static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32)};
  std::uint32_t key0 = static_cast<std::uint32_t>(seed_);
  std::uint32_t key1 = static_cast<std::uint32_t>(seed_ >> 32);
  for (int round = 0; round < 10; ++round) {
    const Product p0 = multiply(0xD2511F53u, x[0]);
    const Product p1 = multiply(0xCD9E8D57u, x[2]);
    x = {p1.high ^ x[1] ^ key0, p1.low, p0.high ^ x[3] ^ key1, p0.low};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return x;
}

double Random::uniform(std::uint64_t index) const noexcept {
  const auto x = bits(index);
  return unit_interval(join(x[0], x[1]));
}

std::uint64_t Random::below(std::uint64_t index, std::uint64_t n) const noexcept {
  const auto x = bits(index);
  __extension__ using uint128 = unsigned __int128;
  return static_cast<std::uint64_t>(static_cast<uint128>(join(x[0], x[1])) * n >> 64);
}

double Random::normal(std::uint64_t index) const noexcept {
  const auto x = bits(index);
  // 1 - u lies in (0, 1], so the logarithm is finite.
  const double radius = std::sqrt(-2.0 * std::log(1.0 - unit_interval(join(x[0], x[1]))));
  return radius * std::cos(2.0 * std::numbers::pi * unit_interval(join(x[2], x[3])));
}

}  // namespace thrum
