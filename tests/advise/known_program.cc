#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

/// Twenty small programs of which it is known what bounds them.   usage: known_program NAME [SCALE]
///
/// Each does a fixed amount of work, about a second of it, times SCALE.

namespace {

using std::chrono::milliseconds;

constexpr std::size_t large_bytes = std::size_t{256} << 20;  // far beyond any cache
double scale = 1;

std::uint64_t rounds(double count) {
  return static_cast<std::uint64_t>(count * scale) + 1;
}

/// Keeps the compiler from leaving out what nobody reads.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

std::uint64_t mixed(std::uint64_t x) {
  x ^= x >> 31;
  x *= 0x9e3779b97f4a7c15U;
  return x ^ (x >> 29);
}

// Bound by the CPU.

void integer() {
  std::uint64_t x = 1;
  for (std::uint64_t i = rounds(3e8); i > 0; --i) x = mixed(x);
  keep(x);
}

void fma() {
  double sums[8] = {};
  for (std::uint64_t i = rounds(4e8); i > 0; --i) {
    for (double& sum : sums) sum = sum * 0.999 + 1e-3;
  }
  keep(sums);
}

void hash() {
  std::vector<std::uint64_t> words(2048, 7);
  std::uint64_t digest = 0;
  for (std::uint64_t i = rounds(1.5e5); i > 0; --i) {
    for (const std::uint64_t word : words) digest = mixed(digest ^ word) + i;
  }
  keep(digest);
}

void matmul() {
  constexpr std::size_t n = 128;  // three of them fit into the second-level cache
  std::vector<double> a(n * n, 1.5), b(n * n, 0.5), c(n * n);
  for (std::uint64_t round = rounds(700); round > 0; --round) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < n; ++k) {
        for (std::size_t j = 0; j < n; ++j) c[i * n + j] += a[i * n + k] * b[k * n + j];
      }
    }
    keep(c[round % n]);
  }
}

void sort() {
  std::vector<std::uint64_t> values(4096);
  for (std::uint64_t round = rounds(5000); round > 0; --round) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = mixed(round * values.size() + i);
    std::sort(values.begin(), values.end());
    keep(values.front());
  }
}

void branches() {
  std::uint64_t steps = 0;
  for (std::uint64_t start = rounds(3e6); start > 0; --start) {
    for (std::uint64_t x = start; x > 1; ++steps) x = x % 2 == 0 ? x / 2 : 3 * x + 1;
  }
  keep(steps);
}

void format() {
  char text[64];
  double sum = 0;
  for (std::uint64_t i = rounds(3e6); i > 0; --i) {
    std::snprintf(text, sizeof text, "%.6f", static_cast<double>(i) * 0.37);
    sum += std::strtod(text, nullptr);
  }
  keep(sum);
}

// Bound by memory.

std::vector<std::uint64_t> large_array() {
  return std::vector<std::uint64_t>(large_bytes / sizeof(std::uint64_t), 1);
}

void read() {
  const auto array = large_array();
  for (std::uint64_t round = rounds(50); round > 0; --round) {
    keep(std::accumulate(array.begin(), array.end(), std::uint64_t{0}));
  }
}

void write() {
  auto array = large_array();
  for (std::uint64_t round = rounds(25); round > 0; --round) {
    for (std::size_t i = 0; i < array.size(); ++i) array[i] = round + i;
    keep(array.data());
  }
}

void triad() {
  const std::size_t n = large_bytes / sizeof(double) / 2;
  std::vector<double> a(n, 1), b(n, 2), c(n, 3);
  for (std::uint64_t round = rounds(25); round > 0; --round) {
    for (std::size_t i = 0; i < n; ++i) a[i] = b[i] + 1.5 * c[i];
    keep(a.data());
  }
}

/// Each element leads to the next of one cycle through all lines (Sattolo's shuffle).
void chase() {
  constexpr std::size_t line = 8;
  auto next = large_array();
  std::vector<std::uint32_t> order(next.size() / line);
  std::iota(order.begin(), order.end(), 0U);
  for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[mixed(i) % i]);
  for (std::size_t i = 0; i < order.size(); ++i) {
    next[order[i] * line] = order[(i + 1) % order.size()] * line;
  }
  std::uint64_t at = 0;
  for (std::uint64_t step = rounds(8e6); step > 0; --step) at = next[at];
  keep(at);
}

void gather() {
  const auto array = large_array();
  std::uint64_t sum = 0;
  for (std::uint64_t i = rounds(1e8); i > 0; --i) sum += array[mixed(i) % array.size()];
  keep(sum);
}

void copy() {
  auto from = large_array(), to = large_array();
  for (std::uint64_t round = rounds(25); round > 0; --round) {
    std::memcpy(to.data(), from.data(), large_bytes);
    keep(to.data());
  }
}

// Bound by what is waited for.

void sleep() {
  for (std::uint64_t round = rounds(50); round > 0; --round) std::this_thread::sleep_for(milliseconds(20));
}

/// Something that answers through `fd` after a while, as a slow server does.
void answer_slowly(int fd) {
  char byte = 0;
  while (::read(fd, &byte, 1) == 1) {
    std::this_thread::sleep_for(milliseconds(5));
    if (::write(fd, &byte, 1) != 1) return;
  }
}

void socket() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) std::exit(1);
  if (::fork() == 0) {
    ::close(ends[0]);
    answer_slowly(ends[1]);
    std::_Exit(0);
  }
  ::close(ends[1]);
  char byte = 1;
  for (std::uint64_t round = rounds(150); round > 0; --round) {
    if (::write(ends[0], &byte, 1) != 1 || ::read(ends[0], &byte, 1) != 1) std::exit(1);
  }
}

void pipe() {
  int ends[2];
  if (::pipe(ends) != 0) std::exit(1);
  if (::fork() == 0) {
    ::close(ends[0]);
    for (std::uint64_t round = rounds(100); round > 0; --round) {
      std::this_thread::sleep_for(milliseconds(10));
      if (::write(ends[1], "line\n", 5) != 5) break;
    }
    std::_Exit(0);
  }
  ::close(ends[1]);
  char text[64];
  while (::read(ends[0], text, sizeof text) > 0) {
  }
}

/// A file that is gone when the program ends.
int temporary_file(int flags) {
  const char* folder = std::getenv("KNOWN_PROGRAM_FOLDER");
  std::string path = std::string(folder == nullptr ? "/var/tmp" : folder) + "/known_program.XXXXXX";
  const int fd = ::mkostemp(path.data(), flags);
  if (fd < 0) std::exit(1);
  ::unlink(path.c_str());
  return fd;
}

void fsync() {
  const int fd = temporary_file(0);
  // Disks differ a hundredfold: what takes one seconds is over on another before anybody can look at it.
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  for (std::uint64_t round = 0; round < rounds(300) || std::chrono::steady_clock::now() < end; ++round) {
    if (::write(fd, "0123456789abcdef", 16) != 16 || ::fsync(fd) != 0) std::exit(1);
  }
}

/// Reads around the page cache.
void direct() {
  constexpr std::size_t page = 4096, block = 16 * page, n_blocks = 512;
  const int fd = temporary_file(O_DIRECT);
  auto* bytes = static_cast<char*>(std::aligned_alloc(page, block));
  std::memset(bytes, 1, block);
  for (std::size_t i = 0; i < n_blocks; ++i) {
    if (::write(fd, bytes, block) != static_cast<ssize_t>(block)) std::exit(1);
  }
  for (std::uint64_t round = rounds(4000); round > 0; --round) {
    const auto at = static_cast<off_t>(mixed(round) % n_blocks * block);
    if (::pread(fd, bytes, block, at) != static_cast<ssize_t>(block)) std::exit(1);
  }
}

// Both.

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

void compute_and_sleep() {
  std::uint64_t x = 1;
  for (std::uint64_t round = rounds(25); round > 0; --round) {
    const double end = cpu_seconds() + 0.02;
    while (cpu_seconds() < end) {
      for (int i = 0; i < 1000; ++i) x = mixed(x);
    }
    std::this_thread::sleep_for(milliseconds(20));
  }
  keep(x);
}

void load_and_compute() {
  std::this_thread::sleep_for(milliseconds(static_cast<int>(500 * scale)));
  std::uint64_t x = 1;
  for (const double end = cpu_seconds() + 0.5 * scale; cpu_seconds() < end;) {
    for (int i = 0; i < 1000; ++i) x = mixed(x);
  }
  keep(x);
}

const std::map<std::string, std::function<void()>> programs = {
    {"integer", integer},
    {"fma", fma},
    {"hash", hash},
    {"matmul", matmul},
    {"sort", sort},
    {"branches", branches},
    {"format", format},
    {"read", read},
    {"write", write},
    {"triad", triad},
    {"chase", chase},
    {"gather", gather},
    {"copy", copy},
    {"sleep", sleep},
    {"socket", socket},
    {"pipe", pipe},
    {"fsync", fsync},
    {"direct", direct},
    {"compute_and_sleep", compute_and_sleep},
    {"load_and_compute", load_and_compute},
};

}  // namespace

int main(int argc, char** argv) {
  const auto program = programs.find(argc > 1 ? argv[1] : "");
  if (argc > 2) scale = std::atof(argv[2]);
  if (program == programs.end()) {
    for (const auto& [name, run] : programs) std::printf("%s\n", name.c_str());
    return 2;
  }
  program->second();
}
