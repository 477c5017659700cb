#include "thrum/comm/row_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "thrum/comm/exact_sum.h"
#include "thrum/core/mutex.h"
#include "thrum/runtime/memory_room_internal.h"

namespace thrum {
namespace {

/// Components that share a lock: enough to be worth one, few enough that threads rarely meet.
constexpr std::size_t stripe_size = 64;

struct Stripe {
  Mutex mutex;
  std::vector<ExactSum> sums THRUM_GUARDED_BY(mutex);
};

/// One exact sum per component, filled from many threads at once.
class SharedSums {
 public:
  explicit SharedSums(std::size_t n_components) : stripes_((n_components + stripe_size - 1) / stripe_size) {
    for (std::size_t s = 0; s < stripes_.size(); ++s) {
      MutexLock lock(stripes_[s].mutex);
      stripes_[s].sums.resize(std::min(stripe_size, n_components - s * stripe_size));
    }
  }

  /// Begins with the stripe `first`, so that threads that came apart stay apart.
  void add(std::span<const double> partial, std::size_t first) {
    for (std::size_t i = 0; i < stripes_.size(); ++i) {
      const std::size_t s = (first + i) % stripes_.size();
      MutexLock lock(stripes_[s].mutex);
      const double* x = partial.data() + s * stripe_size;
      for (ExactSum& sum : stripes_[s].sums) sum.add(*x++);
    }
  }

  /// f(component, sum) for all components, in parallel.
  template <class F>
  void for_each(Arena& arena, F&& f) {
    arena.run(stripes_.size(), [&](std::size_t s) {
      MutexLock lock(stripes_[s].mutex);
      std::size_t component = s * stripe_size;
      for (ExactSum& sum : stripes_[s].sums) f(component++, sum);
    });
  }

 private:
  std::vector<Stripe> stripes_;
};

/// A few numbers are not worth a look.
void check_room(const Execution& execution, std::size_t n_components) {
  constexpr std::size_t few = std::size_t{1} << 16;
  if (n_components < few || execution.scratch == nullptr) return;
  const std::size_t places = static_cast<std::size_t>(execution.arena->slots());
  const std::size_t bytes = n_components * (sizeof(ExactSum) + (places + 1) * sizeof(double));
  thrum::check_room(execution.scratch, bytes, fmt::format("{} sums over the rows take", n_components));
}

void add_over_ranks(const Execution& execution, std::size_t n_components, SharedSums& sums) {
  std::vector<std::int32_t> tops(n_components);
  sums.for_each(*execution.arena, [&](std::size_t c, ExactSum& sum) { tops[c] = sum.top(); });
  execution.communicator->allreduce(std::span(tops), ReduceOp::max);

  std::vector<std::int64_t> limbs(n_components * ExactSum::n_limbs);
  sums.for_each(*execution.arena, [&](std::size_t c, ExactSum& sum) {
    sum.raise(tops[c]);
    std::ranges::copy(sum.limbs(), limbs.begin() + c * ExactSum::n_limbs);
  });
  execution.communicator->allreduce(std::span(limbs), ReduceOp::sum);
  sums.for_each(*execution.arena, [&](std::size_t c, ExactSum& sum) {
    std::ranges::copy_n(limbs.begin() + c * ExactSum::n_limbs, ExactSum::n_limbs, sum.limbs().begin());
  });
}

}  // namespace

RowRange rows_of_rank(std::size_t n_rows, int rank, int size) {
  const std::size_t n_blocks = n_rows / row_block + (n_rows % row_block != 0);
  const auto n_ranks = static_cast<std::size_t>(size);
  // The first n_blocks % n_ranks ranks hold one block more.
  const auto first_row = [&](std::size_t r) {
    const std::size_t block = r * (n_blocks / n_ranks) + std::min(r, n_blocks % n_ranks);
    return std::min(n_rows, block * row_block);
  };
  return {first_row(static_cast<std::size_t>(rank)), first_row(static_cast<std::size_t>(rank) + 1)};
}

std::vector<double> sum_row_blocks(
    const Execution& execution, std::size_t local_rows, std::size_t n_components,
    FunctionRef<void(std::size_t begin, std::size_t end, std::span<double> partial)> block) {
  check_room(execution, n_components);
  SharedSums sums(n_components);
  parallel_for(
      *execution.arena, local_rows, row_block,
      [&](std::size_t begin, std::size_t end) {
        std::vector<double> partial(n_components);
        block(begin, end, partial);
        execution.keep_within_limit();
        sums.add(partial, begin / row_block);
      },
      execution.stop);
  if (execution.communicator->size() > 1) add_over_ranks(execution, n_components, sums);
  std::vector<double> totals(n_components);
  sums.for_each(*execution.arena, [&](std::size_t c, const ExactSum& sum) { totals[c] = sum.value(); });
  return totals;
}

}  // namespace thrum
