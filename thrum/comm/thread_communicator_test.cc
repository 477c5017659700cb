#include "thrum/comm/thread_communicator.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/refusal_test.h"

namespace thrum {
namespace {

using std::chrono::milliseconds;
using test::refusal;

TEST(ThreadRanks, AnExceptionOnOneRankEndsAllAndIsRethrown) {
  std::atomic<int> ended = 0;
  EXPECT_THROW(run_thread_ranks(3,
                                [&](Communicator& c) {
                                  if (c.rank() == 1) throw std::domain_error("no such column");
                                  EXPECT_EQ(refusal([&] { c.barrier(); }, ErrorCode::remote), "rank 1: no such column");
                                  ++ended;
                                }),
               std::domain_error);
  EXPECT_EQ(ended, 2);
}

TEST(ThreadRanks, AnExceptionInASplitGroupEndsTheOthersWithItsCause) {
  EXPECT_THROW(run_thread_ranks(4,
                                [&](Communicator& c) {
                                  const auto half = c.split(c.rank() / 2, 0);
                                  if (c.rank() == 3) throw std::domain_error("bad block");
                                  Communicator& waits = c.rank() == 2 ? *half : c;
                                  EXPECT_EQ(refusal([&] { waits.barrier(); }, ErrorCode::remote), "rank 3: bad block");
                                }),
               std::domain_error);
}

TEST(ThreadRanks, TheDeadlineNamesTheLateRank) {
  std::latch done(2);
  EXPECT_EQ(refusal(
                [&] {
                  run_thread_ranks(
                      3,
                      [&](Communicator& c) {
                        if (c.rank() == 2) return done.wait();
                        try {
                          c.barrier();
                        } catch (...) {
                          done.count_down();
                          throw;
                        }
                      },
                      milliseconds(50));
                },
                ErrorCode::timed_out),
            "[communicator] rank 2 did not come to barrier() within 50 ms");
}

TEST(ThreadRanks, DifferentCallsAreAnErrorOnEveryRank) {
  run_thread_ranks(2, [](Communicator& c) {
    std::vector<double> data(3);
    EXPECT_EQ(refusal([&] {
                if (c.rank() == 0) c.barrier();
                if (c.rank() == 1) c.allreduce(std::span(data), ReduceOp::max);
              }),
              "[communicator] all ranks must make the same call: rank 0 calls barrier(), rank 1 calls allreduce(F64, "
              "max, 3)");
  });
}

TEST(ThreadRanks, DifferentSizesAreAnErrorOnEveryRank) {
  run_thread_ranks(2, [](Communicator& c) {
    std::vector<float> data(static_cast<std::size_t>(3 + c.rank()));
    EXPECT_EQ(refusal([&] { c.allreduce(std::span(data), ReduceOp::sum); }),
              "[communicator] all ranks must make the same call: rank 0 calls allreduce(F32, sum, 3), rank 1 calls "
              "allreduce(F32, sum, 4)");
  });
}

TEST(ThreadRanks, WaitingForARankThatHasEndedIsAnError) {
  EXPECT_EQ(refusal([] {
              run_thread_ranks(2, [](Communicator& c) {
                if (c.rank() == 0) c.barrier();
              });
            }),
            "[communicator] all ranks must make the same call: rank 0 calls barrier(), rank 1 has ended");
}

TEST(ThreadRanks, MayEndWhileOthersStillCompute) {
  std::latch first_ended(1);
  run_thread_ranks(2, [&](Communicator& c) {
    c.barrier();
    if (c.rank() == 1) return first_ended.count_down();
    first_ended.wait();
  });
}

TEST(ThreadRanks, RefusesFewerThanOne) {
  EXPECT_EQ(refusal([] { run_thread_ranks(0, [](Communicator&) {}); }), "[ranks] expected 1 or more, got 0");
}

}  // namespace
}  // namespace thrum
