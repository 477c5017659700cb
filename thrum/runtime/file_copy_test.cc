#include "thrum/runtime/file_copy.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string>

#include "thrum/core/refusal_test.h"
#include "thrum/runtime/temporary_folder_test.h"

namespace thrum {
namespace {

namespace fs = std::filesystem;

/// No two stretches of it are equal.
std::string long_text() {
  std::string text;
  while (text.size() < 17'000'001) text += std::to_string(text.size()) + ",";
  return text;
}

std::string refusal_of(const fs::path& path) {
  return test::refusal([&] { FileCopy copy(path); }, ErrorCode::io);
}

TEST(FileCopy, HoldsTheBytesOfTheFile) {
  const test::TemporaryFolder folder;
  for (const std::string& text : {std::string(), std::string("hello\n"), long_text()}) {
    EXPECT_TRUE(text_of(FileCopy(folder.write("a", text)).bytes()) == text) << text.size();
  }
}

TEST(FileCopy, StaysAsItWasWhateverBecomesOfTheFile) {
  const test::TemporaryFolder folder;
  const std::string text = long_text();
  const std::string path = folder.write("a", text);
  const FileCopy copy(path);
  std::fstream(path, std::ios::in | std::ios::out) << "other bytes";
  EXPECT_TRUE(text_of(copy.bytes()) == text);
  fs::resize_file(path, 0);
  EXPECT_TRUE(text_of(copy.bytes()) == text);
}

TEST(FileCopy, IsOfRegularFilesOnly) {
  const test::TemporaryFolder folder;
  const std::string pipe = folder.file("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const std::string remedy = "; copy what it gives into a file first";
  EXPECT_EQ(refusal_of(pipe), "[read] cannot read " + pipe + ": not a regular file" + remedy);
  EXPECT_EQ(refusal_of("/dev/zero"), "[read] cannot read /dev/zero: not a regular file" + remedy);
  EXPECT_EQ(refusal_of(folder.path()),
            "[read] cannot read " + folder.path().string() + ": not a regular file; name a file in this folder");
  EXPECT_EQ(refusal_of(folder.file("missing")),
            "[read] cannot read " + folder.file("missing") + ": No such file or directory");
}

TEST(FileCopy, StopsOnRequest) {
  const test::TemporaryFolder folder;
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(test::refusal([&] { FileCopy copy(folder.write("a", "x"), source.get_token()); }, ErrorCode::cancelled),
            "[parallel] a stop was requested before the work was done");
}

TEST(FileCopy, NoticesAFileThatHasFewerBytesThanItsSize) {
  const std::string path = "/sys/devices/system/cpu/possible";  // a page, it says, and gives a line
  if (!fs::exists(path) || fs::file_size(path) < 1000) GTEST_SKIP() << "the system has no such file";
  EXPECT_EQ(refusal_of(path),
            "[read] cannot read " + path + ": it became shorter meanwhile; write a new file beside it and rename it");
}

}  // namespace
}  // namespace thrum
