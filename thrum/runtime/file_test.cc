#include "thrum/runtime/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "thrum/core/error.h"
#include "thrum/core/refusal_test.h"
#include "thrum/runtime/temporary_folder_test.h"

namespace thrum {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class FileTest : public testing::Test {
 protected:
  void put(const fs::path& path, std::string_view text) { std::ofstream(path) << text; }
  std::string read(const fs::path& path) { return std::string(text_of(MappedFile(path).bytes())); }
  void write(const fs::path& path, std::string_view text) {
    write_file(path, [&](FileWriter& out) { out.write(text); });
  }

  const test::TemporaryFolder folder;
  const fs::path& directory = folder.path();
};

TEST_F(FileTest, MapsAWholeFile) {
  put(directory / "a", "hello\n");
  EXPECT_EQ(read(directory / "a"), "hello\n");
}

TEST_F(FileTest, AStagedFileAppearsWhenItIsPublished) {
  put(directory / "a", "old");
  StagedFile staged(directory / "a", [](FileWriter& out) { out.write("new"); });
  EXPECT_EQ(read(directory / "a"), "old");
  staged.publish();
  EXPECT_EQ(read(directory / "a"), "new");
}

TEST_F(FileTest, AStagedFileThatIsNotPublishedLeavesNothing) {
  put(directory / "a", "old");
  StagedFile(directory / "a", [](FileWriter& out) { out.write("new"); });
  StagedFile(directory / "b", [](FileWriter& out) { out.write("new"); });
  EXPECT_EQ(read(directory / "a"), "old");
  EXPECT_THAT(folder.names(), ElementsAre("a"));
}

TEST_F(FileTest, AnEmptyFileHasNoBytes) {
  put(directory / "a", "");
  EXPECT_TRUE(MappedFile(directory / "a").bytes().empty());
}

TEST_F(FileTest, ReadsFilesWithoutASizeAndPipes) {
  EXPECT_THAT(read("/proc/self/status"), testing::StartsWith("Name:"));
  const fs::path pipe = directory / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::string text(300'000, 'x');
  std::jthread writer([&] { put(pipe, text); });
  EXPECT_EQ(read(pipe), text);
}

TEST_F(FileTest, AMappedFileCanBeMoved) {
  put(directory / "a", "one");
  put(directory / "b", "two");
  MappedFile a(directory / "a");
  MappedFile b(directory / "b");
  const std::byte* data = b.bytes().data();
  a = std::move(b);
  EXPECT_EQ(text_of(a.bytes()), "two");
  EXPECT_EQ(a.bytes().data(), data);
  const MappedFile c = std::move(a);
  EXPECT_EQ(text_of(c.bytes()), "two");
}

TEST_F(FileTest, ReadingNamesThePathAndTheReason) {
  const std::string missing = (directory / "missing").string();
  EXPECT_EQ(test::refusal([&] { MappedFile file(missing); }, ErrorCode::io),
            "[read] cannot read " + missing + ": No such file or directory");
  EXPECT_EQ(test::refusal([&] { MappedFile file(directory); }, ErrorCode::io),
            "[read] cannot read " + directory.string() + ": Is a directory");
  EXPECT_EQ(test::refusal([&] { MappedFile file(std::string(5000, 'a')); }, ErrorCode::io),
            "[read] cannot read " + std::string(255, 'a') + "…: File name too long");
}

TEST_F(FileTest, ReadingRefusesDevicesThatMayHaveNoEnd) {
  EXPECT_EQ(
      test::refusal([&] { MappedFile file("/dev/zero"); }, ErrorCode::io),
      "[read] cannot read /dev/zero: it is a device, which may have no end; copy what is wanted of it into a file "
      "first");
  EXPECT_EQ(MappedFile("/dev/null").bytes().size(), 0);
}

TEST_F(FileTest, WritesManyPiecesAsOneFile) {
  std::string expected;
  write_file(directory / "a", [&](FileWriter& out) {
    for (int i = 0; i < 100'000; ++i) {
      const std::string piece = std::to_string(i) + "\n";
      out.write(piece);
      expected += piece;
    }
    const std::string large(1'000'000, 'x');
    out.write(large);
    out.write("end");
    expected += large + "end";
  });
  EXPECT_EQ(read(directory / "a"), expected);
  EXPECT_THAT(folder.names(), ElementsAre("a"));
}

TEST_F(FileTest, ReadersSeeTheOldFileUntilTheNewOneIsWhole) {
  write(directory / "a", "old");
  write_file(directory / "a", [&](FileWriter& out) {
    out.write(std::string(1'000'000, 'x'));
    EXPECT_EQ(read(directory / "a"), "old");
  });
  EXPECT_EQ(read(directory / "a").size(), 1'000'000u);
}

TEST_F(FileTest, AFailedWriteLeavesTheOldFileAndNothingElse) {
  write(directory / "a", "old");
  EXPECT_THROW(write_file(directory / "a",
                          [](FileWriter& out) {
                            out.write("new");
                            throw std::runtime_error("no more");
                          }),
               std::runtime_error);
  EXPECT_EQ(read(directory / "a"), "old");
  EXPECT_THAT(folder.names(), ElementsAre("a"));
}

TEST_F(FileTest, AReplacedFileKeepsItsPermissions) {
  write(directory / "a", "old");
  fs::permissions(directory / "a", fs::perms::owner_read | fs::perms::owner_write);
  write(directory / "a", "new");
  EXPECT_EQ(fs::status(directory / "a").permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(FileTest, WritesThroughASymbolicLink) {
  fs::create_directory(directory / "deep");
  write(directory / "deep" / "a", "old");
  fs::create_symlink("deep/a", directory / "link");
  write(directory / "link", "new");
  EXPECT_TRUE(fs::is_symlink(directory / "link"));
  EXPECT_EQ(read(directory / "deep" / "a"), "new");
}

TEST_F(FileTest, WritesIntoAPipe) {
  const fs::path pipe = directory / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::jthread writer([&] { write(pipe, "through"); });
  EXPECT_EQ(read(pipe), "through");
  EXPECT_TRUE(fs::is_fifo(pipe));
}

TEST_F(FileTest, ARelativeNameGoesToTheWorkingDirectory) {
  const fs::path before = fs::current_path();
  fs::current_path(directory);
  write("a", "here");
  fs::current_path(before);
  EXPECT_EQ(read(directory / "a"), "here");
}

TEST_F(FileTest, WritingNamesThePathAndTheReason) {
  const std::string nowhere = (directory / "missing" / "a").string();
  EXPECT_EQ(test::refusal([&] { write(nowhere, "x"); }, ErrorCode::io),
            "[write] cannot write " + nowhere + ": No such file or directory");
  EXPECT_EQ(test::refusal([&] { write(directory, "x"); }, ErrorCode::io),
            "[write] cannot write " + directory.string() + ": Is a directory");
  EXPECT_EQ(test::refusal([&] { write("/dev/full", "x"); }, ErrorCode::io),
            "[write] cannot write /dev/full: No space left on device");
}

}  // namespace
}  // namespace thrum
