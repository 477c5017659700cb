#include <benchmark/benchmark.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "thrum/data/csv.h"
#include "thrum/data/generate.h"
#include "thrum/data/write_csv.h"

namespace thrum {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t n_rows = 1'000'000;

/// A generated file that lives as long as the program.
class GeneratedFile {
 public:
  explicit GeneratedFile(const std::string& generator) : path_(name_for(generator)) {
    generate_csv(generator, n_rows, path_, LocalExecution(0, 7));
  }
  ~GeneratedFile() { fs::remove(path_); }
  GeneratedFile(const GeneratedFile&) = delete;
  GeneratedFile& operator=(const GeneratedFile&) = delete;

  const fs::path& path() const { return path_; }

 private:
  static fs::path name_for(const std::string& generator) {
    std::string pattern = (fs::temp_directory_path() / (generator + ".XXXXXX")).string();
    const int fd = ::mkstemp(pattern.data());
    ::close(fd);
    return pattern;
  }

  fs::path path_;
};

const fs::path& file_of(const std::string& generator) {
  static const GeneratedFile higgs("higgs-like");
  static const GeneratedFile airline("airline-like");
  return (generator == "higgs-like" ? higgs : airline).path();
}

void read(benchmark::State& state, const std::string& generator) {
  const fs::path& path = file_of(generator);
  const LocalExecution execution(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    const Table table = read_csv(path, {}, execution);
    if (table.n_rows() != n_rows) state.SkipWithError("rows are missing");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * fs::file_size(path)));
}

void generate_file(benchmark::State& state, const std::string& generator) {
  const LocalExecution execution(static_cast<int>(state.range(0)), 7);
  for (auto _ : state) generate_csv(generator, n_rows, "/dev/null", execution);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * n_rows));
}

void write(benchmark::State& state) {
  const LocalExecution execution(static_cast<int>(state.range(0)), 7);
  const Table table = generate("higgs-like", n_rows, execution);
  for (auto _ : state) write_csv(table, "/dev/null", execution);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * n_rows));
}

BENCHMARK_CAPTURE(read, higgs_like, "higgs-like")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(read, airline_like, "airline-like")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(generate_file, higgs_like, "higgs-like")
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(write)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace thrum
