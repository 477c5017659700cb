// Files: compressed, real, large enough to be stopped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <ostream>
#include <stop_token>
#include <string>

#include "thrum/core/mutex.h"
#include "thrum/core/refusal_test.h"
#include "thrum/data/csv.h"
#include "thrum/data/csv_test_support_test.h"
#include "thrum/data/decompress_internal.h"
#include "thrum/data/deflate_test.h"
#include "thrum/runtime/scratch.h"
#include "thrum/runtime/temporary_folder_test.h"

namespace thrum::csv {
namespace {

namespace fs = std::filesystem;
using test::gzip;
using testing::HasSubstr;

std::string zstd(std::string_view text) {
  std::string packed(ZSTD_compressBound(text.size()), ' ');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  return packed;
}

class ReadCsv : public testing::Test {
 protected:
  Table read(std::string_view bytes, const Execution& execution = LocalExecution(2)) {
    std::ofstream(directory / "x.csv", std::ios::binary) << bytes;
    return read_csv(directory / "x.csv", {}, execution);
  }
  std::string error_of(std::string_view bytes) {
    return test::refusal([&] { read(bytes); }, ErrorCode::corrupt_data);
  }

  const test::TemporaryFolder folder;
  const fs::path& directory = folder.path();
};

/// Some megabytes of rows.
std::string many_rows() {
  std::string text = "number,name\n";
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i * 0.25) + ",name" + std::to_string(i % 100) + "\n";
  return text;
}

TEST_F(ReadCsv, ReadsAFileAndNamesTheTableAfterIt) {
  const Table table = read("a\n1\n");
  EXPECT_EQ(dump(table), "a:int64|1\n");
  EXPECT_EQ(table.source(), "x.csv");
}

TEST_F(ReadCsv, KnowsCompressionByTheFirstBytes) {
  const std::string text = many_rows();
  const std::string plain = dump(read(text));
  EXPECT_EQ(dump(read(gzip(text))), plain);
  EXPECT_EQ(dump(read(zstd(text))), plain);
}

TEST_F(ReadCsv, ReadsSeveralMembersAndFrames) {
  EXPECT_EQ(dump(read(gzip("a\n1") + gzip("2\n3\n"))), "a:int64|12|3\n");
  EXPECT_EQ(dump(read(gzip("a\n1\n") + std::string(100, '\0'))), "a:int64|1\n");
  EXPECT_EQ(dump(read(zstd("a\n1") + zstd("2\n3\n"))), "a:int64|12|3\n");
}

TEST_F(ReadCsv, RefusesDamagedCompression) {
  const std::string gz = gzip("a\n1\n2\n");
  const std::string zst = zstd("a\n1\n2\n");
  EXPECT_EQ(error_of(gz.substr(0, gz.size() - 3)), "[x.csv] the gzip data end too early, after " +
                                                       std::to_string(gz.size() - 3) + " bytes; copy the file again");
  EXPECT_EQ(
      error_of(zst.substr(0, zst.size() - 3)),
      "[x.csv] the zstd data end too early, after " + std::to_string(zst.size() - 3) + " bytes; copy the file again");
  EXPECT_EQ(error_of(gz + "more"), "[x.csv] the gzip data are damaged near byte " + std::to_string(gz.size()) +
                                       ": neither its end nor another member; copy the file again");
  std::string flipped = gz;
  flipped[flipped.size() - 6] ^= 1;
  EXPECT_THAT(error_of(flipped), HasSubstr("[x.csv] the gzip data are damaged near byte "));
  EXPECT_THAT(error_of(zst + "more"), HasSubstr("[x.csv] the zstd data are damaged near byte "));
}

TEST_F(ReadCsv, KeepsWhatItReadsWithinALimitOfMemoryOnADisk) {
  const std::string text = many_rows();
  const std::string plain = dump(read(text));
  Scratch scratch(directory, std::uint64_t{1} << 40);
  LocalExecution execution(2);
  execution.get().scratch = &scratch;
  for (const std::string& file : {text, gzip(text), zstd(text)}) EXPECT_EQ(dump(read(file, execution)), plain);
  EXPECT_THAT(folder.names(), testing::ElementsAre("x.csv"));
}

TEST_F(ReadCsv, EveryCutOfACompressedFileIsAnError) {
  const std::string text = "a,b\n1,x\n2,y\n";
  for (const std::string& packed : {gzip(text), zstd(text)}) {
    for (std::size_t n = 4; n < packed.size(); ++n)
      EXPECT_THAT(error_of(packed.substr(0, n)), HasSubstr("end too early")) << n;
  }
}

TEST_F(ReadCsv, StopsWhereMoreComesOutOfCompressionThanMemoryHolds) {
  const std::string bomb = gzip(std::string(1'000'000, '\0'));
  const LocalExecution execution(1);
  EXPECT_EQ(decompress(bytes_of(bomb), "x.gz", 1'000'000, execution).size(), 1'000'000u);
  EXPECT_EQ(test::refusal([&] { decompress(bytes_of(bomb), "x.gz", 999'999, execution); }, ErrorCode::out_of_memory),
            "[x.gz] decompressed it is larger than 0.0 GiB, which this machine has");
}

TEST_F(ReadCsv, SaysWhyAFileCannotBeRead) {
  EXPECT_THAT(test::refusal([&] { read_csv(directory / "none.csv", {}, LocalExecution(1)); }, ErrorCode::io),
              HasSubstr("none.csv: No such file or directory"));
}

class Recorder final : public Progress {
 public:
  void report(const Report& report) override {
    MutexLock lock(mutex_);
    if (report.stage == "read") {
      total_ = report.total;
      most_ = std::max(most_, report.done);
    }
    if (source_ != nullptr) source_->request_stop();
  }
  void stop_at_first_report(std::stop_source& source) { source_ = &source; }
  std::size_t total() {
    MutexLock lock(mutex_);
    return total_;
  }
  std::size_t most() {
    MutexLock lock(mutex_);
    return most_;
  }

 private:
  Mutex mutex_;
  std::size_t total_ THRUM_GUARDED_BY(mutex_) = 0;
  std::size_t most_ THRUM_GUARDED_BY(mutex_) = 0;
  std::stop_source* source_ = nullptr;
};

TEST_F(ReadCsv, ReportsHowManyBytesAreRead) {
  Recorder recorder;
  LocalExecution local(2);
  local.get().progress = &recorder;
  const std::string text = many_rows();
  read(text, local);
  EXPECT_EQ(recorder.total(), text.size());
  EXPECT_EQ(recorder.most(), text.size() - std::string("number,name\n").size());
}

TEST_F(ReadCsv, StopsWhenAsked) {
  for (const std::string& bytes : {many_rows(), gzip(many_rows())}) {
    std::stop_source stop;
    Recorder recorder;
    recorder.stop_at_first_report(stop);
    LocalExecution local(2);
    local.get().progress = &recorder;
    local.get().stop = stop.get_token();
    EXPECT_NE(test::refusal([&] { read(bytes, local); }, ErrorCode::cancelled), "no error");
  }
}

/// A public data set and what other readers say of it.
struct RealFile {
  std::string name;
  std::string path;
  bool header;
  std::size_t rows;
  std::string types;  ///< first letters of the columns' types
  std::size_t missing;
};

void PrintTo(const RealFile& file, std::ostream* out) {
  *out << file.path;
}

class RealCsv : public testing::TestWithParam<RealFile> {};

TEST_P(RealCsv, HasTheKnownShapeForAnyNumberOfThreads) {
  const RealFile& file = GetParam();
  const fs::path path = fs::path(THRUM_TEST_DATA) / file.path;
  if (!fs::exists(path)) GTEST_SKIP() << "real data are not there: " << path;
  const CsvOptions options{.header = file.header};
  const Table table = read_csv(path, options, LocalExecution(2));
  std::string types;
  std::size_t missing = 0;
  for (const Column& column : table.columns()) {
    types += column_type_name(column.type()).front();
    missing += column.n_missing();
  }
  EXPECT_EQ(table.n_rows(), file.rows);
  EXPECT_EQ(types, file.types);
  EXPECT_EQ(missing, file.missing);
  for (const int threads : {1, 5}) EXPECT_EQ(dump(read_csv(path, options, LocalExecution(threads))), dump(table));
}

INSTANTIATE_TEST_SUITE_P(
    All, RealCsv,
    testing::Values(RealFile{"Adult", "adult/adult_train.csv.gz", true, 22'792, "iciciccccciiicc", 2'924},
                    RealFile{"Diamonds", "diamonds/diamonds.csv.gz", true, 53'940, "fcccffifff", 0},
                    RealFile{"Housing", "housing/california_housing.csv.gz", true, 20'640, "fffffffff", 0},
                    RealFile{"Higgs", "higgs-small/higgs_train.tsv.gz", false, 7'000, "i" + std::string(28, 'f'), 0}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace thrum::csv
