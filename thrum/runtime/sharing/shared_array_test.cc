#include "thrum/runtime/sharing/shared_array.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <complex>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/refusal_test.h"
#include "thrum/core/view.h"
#include "thrum/runtime/memfd.h"
#include "thrum/runtime/process/spawn.h"
#include "thrum/runtime/sharing/shared_memory_internal.h"
#include "thrum/runtime/sharing/sharing_test.h"

namespace thrum {
namespace {

struct Point {
  float x = 0;
  float y = 0;
};

std::vector<double> counted(std::size_t n) {
  std::vector<double> values(n);
  std::iota(values.begin(), values.end(), 0);
  return values;
}

/// The error of receiving `descriptor` as an array of doubles.
std::string fault(UniqueFd descriptor) {
  WireWriter writer;
  writer.write(true);
  std::vector<UniqueFd> descriptors;
  descriptors.push_back(std::move(descriptor));
  WireReader reader(writer.bytes(), std::move(descriptors));
  return test::refusal([&] { reader.read<SharedArray<double>>(); }, ErrorCode::corrupt_data);
}

/// How many maps of this process show shared arrays.
int mapped_arrays() {
  std::ifstream maps("/proc/self/maps");
  int count = 0;
  for (std::string line; std::getline(maps, line);) count += line.find("thrum-array") != std::string::npos ? 1 : 0;
  return count;
}

TEST(SharedArray, BeginsWithZeroesAtAMultipleOf64Bytes) {
  const SharedArray<double> array(1000);
  EXPECT_EQ(array.size(), 1000u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(array.data()) % 64, 0u);
  EXPECT_EQ(std::count(array.begin(), array.end(), 0.0), 1000);
}

TEST(SharedArray, HoldsWhatItWasMadeFrom) {
  const std::vector<double> values = counted(100'000);
  const auto array = SharedArray<double>::from(values);
  EXPECT_TRUE(std::ranges::equal(array, values));
  EXPECT_FALSE(array.is_writable());
  EXPECT_TRUE(SharedArray<double>::from({}).empty());
  EXPECT_TRUE(SharedArray<double>().empty());
}

TEST(SharedArray, HoldsStructsOfNumbers) {
  const std::vector<Point> points = {{1, 2}, {3, 4}};
  EXPECT_EQ(SharedArray<Point>::from(points)[1].y, 4);
  EXPECT_EQ(SharedArray<std::complex<float>>(3)[2], std::complex<float>());
}

TEST(SharedArray, IsASpanOfAMatrix) {
  const auto array = SharedArray<double>::from(counted(12));
  EXPECT_EQ(MatrixView<const double>(array.data(), 3, 4)(1, 2), 6);
}

TEST(SharedArray, CopiesAreHandlesOfTheSameElements) {
  SharedArray<int> array(3);
  const std::vector<SharedArray<int>> copies(2, array);
  array.mutable_span()[1] = 7;
  for (const SharedArray<int>& copy : copies) {
    EXPECT_EQ(copy.data(), array.data());
    EXPECT_EQ(copy[1], 7);
  }
}

TEST(SharedArray, CrossesToAnotherProcess) {
  Process child = spawn(
      [](const SharedArray<double>& array) {
        demand(!array.is_writable() && array.size() == 1'000'000 && array[999'999] == 999'999);
      },
      SharedArray<double>::from(counted(1'000'000)));
  EXPECT_TRUE(child.wait().ok());
}

TEST(SharedArray, IsWrittenByEveryProcessIfMadeSo) {
  const auto array = SharedArray<std::int64_t>::writable(2);
  const auto add = [](const SharedArray<std::int64_t>& sums) {
    for (int k = 0; k < 10'000; ++k) std::atomic_ref(sums.mutable_span()[1]).fetch_add(1);
  };
  std::vector<Process> children;
  for (int i = 0; i < 3; ++i) children.push_back(spawn(add, array));
  for (Process& child : children) EXPECT_TRUE(child.wait().ok());
  EXPECT_EQ(array[1], 30'000);
}

TEST(SharedArray, CannotBeWrittenByAnybodyOnceSealed) {
  SharedArray<int> array(1000);
  const std::span<int> before = array.mutable_span();
  before[0] = 5;
  const int* address = array.data();
  array.seal();
  array.seal();
  EXPECT_EQ(array.data(), address);
  EXPECT_EQ(before[0], 5);
  expect_error(ErrorCode::invalid_argument,
               "[array] expected an array that this process may write, got a sealed or received one; create it with "
               "writable()",
               [&] { array.mutable_span(); });
}

TEST(SharedArray, ThatIsSealedHasASealedDescriptor) {
  const auto array = SharedArray<int>::from(std::vector{1, 2, 3});
  WireWriter writer;
  writer.write(array);
  const std::vector<UniqueFd> descriptors = writer.take_descriptors();
  const int fd = descriptors.at(0).get();
  EXPECT_EQ(::pwrite(fd, "x", 1, 64), -1);
  EXPECT_EQ(::ftruncate(fd, 1), -1);
  EXPECT_EQ(::mmap(nullptr, 64, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
}

TEST(SharedArray, GainsNoNewWriterWhenSealedWhileAnotherMapsIt) {
  const SharedArray<int> array(3);
  WireWriter writer;
  writer.write(array);
  const std::vector<UniqueFd> descriptors = writer.take_descriptors();
  const int fd = descriptors.at(0).get();
  void* other = ::mmap(nullptr, 76, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ASSERT_NE(other, MAP_FAILED);
  array.seal();
  EXPECT_EQ(::mmap(nullptr, 76, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
  EXPECT_FALSE(array.is_writable());
  ::munmap(other, 76);
}

TEST(SharedArray, IsMappedOnceHoweverOftenItComes) {
  const auto array = SharedArray<double>::from(counted(10));
  const int mapped = mapped_arrays();
  const SharedArray<double> again = sent(array);
  EXPECT_EQ(again.data(), array.data());
  EXPECT_EQ(mapped_arrays(), mapped);
}

TEST(SharedArray, StaysMappedForAWhileInItsReceiver) {
  release_idle_mappings();
  WireWriter writer;
  {
    const auto array = SharedArray<double>::from(counted(10));
    for (int i = 0; i < 2; ++i) writer.write(array);
  }
  const int before = mapped_arrays();
  auto descriptors = writer.take_descriptors();
  WireReader reader(writer.bytes(), std::move(descriptors));
  const double* address = reader.read<SharedArray<double>>().data();
  EXPECT_EQ(mapped_arrays(), before + 1);
  EXPECT_EQ(reader.read<SharedArray<double>>().data(), address);
  release_idle_mappings();
  EXPECT_EQ(mapped_arrays(), before);
}

TEST(SharedArray, LeavesNothingBehind) {
  release_idle_mappings();
  const std::size_t descriptors = open_descriptors();
  const int mapped = mapped_arrays();
  for (int i = 0; i < 100; ++i) sent(sent(SharedArray<double>(1000)));
  release_idle_mappings();
  EXPECT_EQ(open_descriptors(), descriptors);
  EXPECT_EQ(mapped_arrays(), mapped);
}

TEST(SharedArray, SaysThatMemoryLacks) {
  for (const std::size_t n : {std::size_t{1} << 45, std::size_t{1} << 61, SIZE_MAX}) {
    EXPECT_THAT(test::refusal([&] { const SharedArray<double> array(n); }, ErrorCode::out_of_memory),
                testing::StartsWith("[memory] cannot share "));
  }
}

TEST(SharedArray, RefusesForeignDescriptors) {
  EXPECT_EQ(fault(UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC))),
            "[memory] expected a descriptor of shared memory, got what is no memory");
  EXPECT_EQ(fault(share_bytes("test", bytes_of("short"))),
            "[memory] expected a descriptor of shared memory, got memory that is too short");
  EXPECT_EQ(fault(share_bytes("test", bytes_of(std::string(100, 'x')))),
            "[memory] expected a descriptor of shared memory, got memory that holds something else");
  EXPECT_EQ(fault(UniqueFd(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING))),
            "[memory] expected a descriptor of shared memory, got memory that can become shorter");
}

TEST(SharedArray, RefusesAnotherSizeThanItsHeaderSays) {
  const SharedArray<double> array(2);
  std::string bytes(reinterpret_cast<const char*>(array.data()) - 64, 64 + 8);
  EXPECT_EQ(fault(share_bytes("test", bytes_of(bytes))),
            "[memory] expected a descriptor of shared memory, got another size");
}

TEST(SharedArray, RefusesOtherElements) {
  const auto array = SharedArray<float>::from(std::vector<float>{1, 2});
  WireWriter writer;
  writer.write(array);
  EXPECT_EQ(fault(std::move(writer.take_descriptors().at(0))),
            "[memory] expected a shared array of 8-byte elements, got array of 4");
}

TEST(SharedArray, CannotBeStored) {
  WireWriter writer(WireWriter::Mode::to_storage);
  EXPECT_THROW(writer.write(SharedArray<int>(1)), Error);
}

}  // namespace
}  // namespace thrum
