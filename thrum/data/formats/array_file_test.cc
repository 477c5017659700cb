// NPY, NPZ and IDX: what they hold, and that nothing hostile in them gets through.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/data/csv_test_support_test.h"
#include "thrum/data/deflate_test.h"
#include "thrum/data/formats/data_bytes_internal.h"
#include "thrum/runtime/temporary_folder_test.h"

namespace thrum::formats {
namespace {

using testing::HasSubstr;

template <class T>
std::string raw(const std::vector<T>& values, bool big_endian = false) {
  std::string bytes;
  for (const T& value : values) {
    std::string one(sizeof value, '\0');
    std::memcpy(one.data(), &value, sizeof value);
    bytes += big_endian ? std::string(one.rbegin(), one.rend()) : one;
  }
  return bytes;
}

std::string npy_with_header(const std::string& header, const std::string& data, char version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += std::string({version, '\0'});
  bytes += version == 1 ? raw<std::uint16_t>({static_cast<std::uint16_t>(header.size())})
                        : raw<std::uint32_t>({static_cast<std::uint32_t>(header.size())});
  return bytes + header + data;
}

std::string npy(const std::string& descr, const std::string& shape, const std::string& data, bool fortran = false) {
  return npy_with_header("{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") +
                             ", 'shape': " + shape + ", }    \n",
                         data);
}

std::string idx(char type, const std::vector<std::uint32_t>& shape, const std::string& data) {
  return std::string({'\0', '\0', type, static_cast<char>(shape.size())}) + raw(shape, true) + data;
}

Table parsed(const std::string& bytes, const DataFileOptions& options = {}) {
  return parse_data(bytes_of(bytes), options, "x.npy", LocalExecution(2));
}

std::string dumped(const std::string& bytes, const DataFileOptions& options = {}) {
  return csv::dump(parsed(bytes, options));
}

/// "code: message".
std::string error_of(const std::string& bytes, const DataFileOptions& options = {}) {
  try {
    parsed(bytes, options);
  } catch (const Error& error) {
    return std::string(error_code_name(error.code())) + ": " + error.what();
  }
  return "no error";
}

TEST(Npy, GivesAColumnPerIndexOfTheSecondAxis) {
  EXPECT_EQ(dumped(npy("<f8", "(2, 3)", raw<double>({1.5, 2, 3, 4, 5, std::nan("")}))),
            "x0:float64|1.5|4\nx1:float64|2|5\nx2:float64|3|-\n");
}

TEST(Npy, KnowsFortransOrder) {
  EXPECT_EQ(dumped(npy("<i4", "(2, 3)", raw<std::int32_t>({1, 4, 2, 5, 3, 6}), true)),
            dumped(npy("<i4", "(2, 3)", raw<std::int32_t>({1, 2, 3, 4, 5, 6}))));
  // a[i][j][k] = 100 i + 10 j + k, of shape (2, 2, 3).
  EXPECT_EQ(
      dumped(npy("|u1", "(2, 2, 3)", raw<std::uint8_t>({0, 100, 10, 110, 1, 101, 11, 111, 2, 102, 12, 112}), true)),
      "x0:int64|0|100\nx1:int64|1|101\nx2:int64|2|102\nx3:int64|10|110\nx4:int64|11|111\nx5:int64|12|112\n");
}

TEST(Npy, ReadsEveryTypeOfNumber) {
  EXPECT_EQ(dumped(npy("|b1", "(2,)", {'\0', '\1'})), "x0:int64|0|1\n");
  EXPECT_EQ(dumped(npy("|i1", "(2,)", raw<std::int8_t>({-128, 127}))), "x0:int64|-128|127\n");
  EXPECT_EQ(dumped(npy("<i2", "(2,)", raw<std::int16_t>({-32768, 1}))), "x0:int64|-32768|1\n");
  EXPECT_EQ(dumped(npy(">i8", "(1,)", raw<std::int64_t>({-5}, true))), "x0:int64|-5\n");
  EXPECT_EQ(dumped(npy("|u1", "(1,)", "\xFF")), "x0:int64|255\n");
  EXPECT_EQ(dumped(npy("<u2", "(1,)", "\xFF\xFF")), "x0:int64|65535\n");
  EXPECT_EQ(dumped(npy("<u4", "(1,)", "\xFF\xFF\xFF\xFF")), "x0:int64|4294967295\n");
  EXPECT_EQ(dumped(npy("<u8", "(2,)", raw<std::uint64_t>({1, std::uint64_t{1} << 63}))),
            "x0:float64|1|9223372036854775808\n");
  EXPECT_EQ(dumped(npy("<f4", "(1,)", raw<float>({0.1F}))), "x0:float64|0.10000000149011612\n");
  EXPECT_EQ(dumped(npy(">f8", "(1,)", raw<double>({0.1}, true))), "x0:float64|0.1\n");
}

TEST(Npy, ReadsHalfPrecision) {
  const std::vector<std::uint16_t> bits = {0x3C00, 0xC000, 0x7BFF, 0x0001, 0x0400, 0x7C00, 0x7E00};
  const Table table = parsed(npy("<f2", "(7,)", raw(bits)));
  const auto x = table.column("x0").float64();
  EXPECT_THAT(std::vector<double>(x.begin(), x.end() - 1),
              testing::ElementsAre(1, -2, 65504, 0x1p-24, 0x1p-14, std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(std::isnan(x[6]));
}

TEST(Npy, ReadsAllVersionsAndKeysInAnyOrder) {
  const std::string header = "{'shape': (1,), 'fortran_order': False, 'descr': '<f8'}\n";
  for (const char version : {'\1', '\2', '\3'}) {
    EXPECT_EQ(dumped(npy_with_header(header, raw<double>({7}), version)), "x0:float64|7\n");
  }
}

TEST(Npy, IsTheSameForManyThreadsAndRows) {
  std::vector<float> values(3 * 5000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const std::string bytes = npy("<f4", "(5000, 3)", raw(values));
  const std::string one = csv::dump(parse_data(bytes_of(bytes), {}, "x", LocalExecution(1)));
  EXPECT_EQ(csv::dump(parse_data(bytes_of(bytes), {}, "x", LocalExecution(5))), one);
  EXPECT_THAT(one, HasSubstr("x2:float64|2|5|8|"));
  EXPECT_THAT(one, HasSubstr("|14999\n"));
}

TEST(Npy, RefusesByNameWhatIsNoNumber) {
  EXPECT_EQ(error_of(npy("|O", "(1,)", "x")),
            "invalid_argument: [x.npy] an array of Python objects (\"|O\") cannot be read, expected numbers of 1 to 8 "
            "bytes; save array.astype(float) or such");
  EXPECT_THAT(error_of(npy("<U3", "(1,)", "x")), HasSubstr("an array of texts (\"<U3\")"));
  EXPECT_THAT(error_of(npy("<c16", "(1,)", "x")), HasSubstr("an array of complex numbers (\"<c16\")"));
  EXPECT_THAT(error_of(npy("<M8[s]", "(1,)", "x")), HasSubstr("an array of times (\"<M8[s]\")"));
  EXPECT_THAT(error_of(npy("<f16", "(1,)", "x")), HasSubstr("an array of elements (\"<f16\")"));
  EXPECT_EQ(error_of(npy_with_header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "1234")),
            "invalid_argument: [x.npy] a structured array holds records, expected numbers; save its fields side by "
            "side: numpy.savez(file, **{n: a[n] for n in a.dtype.names})");
}

TEST(Npy, RefusesShapesThatTheFileDoesNotHold) {
  EXPECT_EQ(error_of(npy("<f8", "(2, 3)", std::string(40, 'x'))),
            "corrupt_data: [x.npy] an array of shape (2, 3) takes 8 bytes per element, but 40 bytes follow the header "
            "in all; copy the file again");
  EXPECT_EQ(error_of(npy("|u1", "(2,)", "abc")),
            "corrupt_data: [x.npy] 1 bytes follow the array of shape (2,); expected one array");
  EXPECT_THAT(error_of(npy("<f8", "(4294967296, 4294967296, 4294967296)", "12345678")), HasSubstr("takes 8 bytes"));
  EXPECT_THAT(error_of(npy("<f8", "(2305843009213693953, 8)", std::string(64, 'x'))), HasSubstr("takes 8 bytes"));
  EXPECT_THAT(error_of(npy("<f8", "(99999999999999999999,)", "12345678")), HasSubstr("expected the length of an axis"));
  EXPECT_EQ(error_of(npy("<f8", "(0, 3)", "")), "corrupt_data: [x.npy] an array of shape (0, 3) holds nothing");
  EXPECT_EQ(
      error_of(npy("<f8", "()", "12345678")),
      "corrupt_data: [x.npy] an array without axes is a single number; expected a row per index of the first axis");
  EXPECT_EQ(error_of(npy("|u1", "(1, 2000000)", std::string(2'000'000, '\0'))),
            "invalid_argument: [x.npy] expected at most 1048576 columns, got 2000000");
}

TEST(Npy, RefusesDamagedHeaders) {
  EXPECT_EQ(error_of(npy_with_header("{'descr': '<f8'}", "")),
            "corrupt_data: [x.npy] the NPY header is damaged: expected the keys descr, fortran_order and shape");
  EXPECT_EQ(error_of(npy_with_header("{'descr': '<f8', 'descr': '<f8'}", "")),
            "corrupt_data: [x.npy] the NPY header is damaged: expected the keys descr, fortran_order and shape, once "
            "each, got \" '<f8'}\"");
  EXPECT_EQ(error_of(npy_with_header("{'fortran_order': 1}", "")),
            "corrupt_data: [x.npy] the NPY header is damaged: expected True or False, got \"1}\"");
  EXPECT_THAT(error_of(npy_with_header("{'descr", "")), HasSubstr("expected the end of a string"));
  EXPECT_THAT(error_of(npy_with_header("{}x", "")), HasSubstr("expected nothing behind it, got \"x\""));
  EXPECT_EQ(error_of("\x93NUMPY\x09\x01__"), "corrupt_data: [x.npy] version 9 of NPY is not known; expected 1, 2 or 3");
}

TEST(ArrayFiles, EveryCutIsAnError) {
  const std::string whole = npy("<f8", "(2, 3)", raw<double>({1, 2, 3, 4, 5, 6}));
  for (std::size_t n = 0; n < whole.size(); ++n) {
    EXPECT_THAT(error_of(whole.substr(0, n), {.format = DataFormat::npy}), HasSubstr("corrupt_data: ")) << n;
  }
  const std::string images = idx(8, {2, 2, 2}, "abcdefgh");
  for (std::size_t n = 0; n < images.size(); ++n) {
    EXPECT_THAT(error_of(images.substr(0, n), {.format = DataFormat::idx}), HasSubstr("corrupt_data: ")) << n;
  }
}

TEST(Idx, GivesARowPerImage) {
  EXPECT_EQ(dumped(idx(8, {2, 2, 2}, "\x01\x02\x03\x04\x05\x06\x07\xFF")),
            "x0:int64|1|5\nx1:int64|2|6\nx2:int64|3|7\nx3:int64|4|255\n");
  EXPECT_EQ(dumped(idx(0x0B, {2}, raw<std::int16_t>({-2, 300}, true))), "x0:int64|-2|300\n");
  EXPECT_EQ(dumped(idx(0x0D, {1}, raw<float>({1.5F}, true))), "x0:float64|1.5\n");
}

TEST(Idx, RefusesSizesThatTheFileDoesNotHold) {
  EXPECT_THAT(error_of(idx(8, {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, "abc")), HasSubstr("but 3 bytes follow"));
  EXPECT_EQ(
      error_of(idx(8, {}, "a")),
      "corrupt_data: [x.npy] an array without axes is a single number; expected a row per index of the first axis");
  EXPECT_EQ(error_of(std::string("\0\0\x08\x03\0\0", 6)),
            "corrupt_data: [x.npy] the header of the IDX file ends early, after 6 bytes; copy the file again");
}

/// What a ZIP archive says of an entry; lies are made by changing it.
struct Entry {
  std::string name;
  std::string packed;
  std::uint32_t size;
  std::uint32_t crc;
  std::uint16_t method = 0;
  std::uint16_t flags = 0;
};

std::uint32_t crc_of(const std::string& bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string deflated(const std::string& bytes) {
  return test::deflated(bytes, -MAX_WBITS);
}

Entry stored_entry(const std::string& name, const std::string& bytes) {
  return {name, bytes, static_cast<std::uint32_t>(bytes.size()), crc_of(bytes)};
}

Entry deflated_entry(const std::string& name, const std::string& bytes) {
  return {name, deflated(bytes), static_cast<std::uint32_t>(bytes.size()), crc_of(bytes), 8};
}

std::string zip(const std::vector<Entry>& entries) {
  std::string archive;
  std::string directory;
  for (const Entry& e : entries) {
    const auto offset = static_cast<std::uint32_t>(archive.size());
    const std::string sizes = raw<std::uint32_t>({e.crc, static_cast<std::uint32_t>(e.packed.size()), e.size});
    const auto n_name = static_cast<std::uint16_t>(e.name.size());
    archive += "PK\x03\x04" + raw<std::uint16_t>({20, e.flags, e.method, 0, 0}) + sizes +
               raw<std::uint16_t>({n_name, 0}) + e.name + e.packed;
    directory += "PK\x01\x02" + raw<std::uint16_t>({20, 20, e.flags, e.method, 0, 0}) + sizes +
                 raw<std::uint16_t>({n_name, 0, 0, 0, 0}) + raw<std::uint32_t>({0, offset}) + e.name;
  }
  const auto n = static_cast<std::uint16_t>(entries.size());
  return archive + directory + "PK\x05\x06" + raw<std::uint16_t>({0, 0, n, n}) +
         raw<std::uint32_t>(
             {static_cast<std::uint32_t>(directory.size()), static_cast<std::uint32_t>(archive.size())}) +
         raw<std::uint16_t>({0});
}

const std::string x_npy = npy("<f8", "(2, 2)", raw<double>({1, 2, 3, 4}));
const std::string y_npy = npy("|u1", "(2,)", {'\0', '\1'});
const std::string long_npy = npy("|u1", "(3,)", "abc");

TEST(Npz, PutsArraysSideBySide) {
  const std::string columns = "x0:float64|1|3\nx1:float64|2|4\ny:int64|0|1\n";
  EXPECT_EQ(dumped(zip({stored_entry("x.npy", x_npy), stored_entry("y.npy", y_npy)})), columns);
  EXPECT_EQ(dumped(zip({deflated_entry("x.npy", x_npy), deflated_entry("y.npy", y_npy)})), columns);
}

/// numpy.savez_compressed(file, x=numpy.array([[1, 2], [3, 4]], "<f4"), y=numpy.array([True, False])) of NumPy 2.4.
constexpr std::string_view of_numpy =
    "504b03042d0000000800000021004efb2075ffffffffffffffff05001400782e6e70790100100090000000000000005300000000000000"
    "9bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402"
    "f91a463a0a469a3a0ab50a64032e0686067b060606072002e2060700504b03042d000000080000002100ee19bb5dffffffffffffffff05"
    "001400792e6e707901001000820000000000000046000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a05e9364a8aea3"
    "a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91a463a9a3a0ab50a14002e460600504b01022d032d0000000800"
    "000021004efb20755300000090000000050000000000000000000000800100000000782e6e7079504b01022d032d000000080000002100"
    "ee19bb5d460000008200000005000000000000000000000080018a000000792e6e7079504b050600000000020002006600000007010000"
    "0000";

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

TEST(Npz, ReadsWhatNumpyWrites) {
  EXPECT_EQ(dumped(from_hex(of_numpy)), "x0:float64|1|3\nx1:float64|2|4\ny:int64|1|0\n");
}

TEST(Npz, TakesTheArraysThatAreNamed) {
  const std::string archive =
      zip({stored_entry("x_test.npy", x_npy), stored_entry("y_test.npy", y_npy), stored_entry("other.npy", long_npy)});
  EXPECT_EQ(dumped(archive, {.arrays = {"y=y_test", "x=x_test"}}), "y:int64|0|1\nx0:float64|1|3\nx1:float64|2|4\n");
  EXPECT_EQ(error_of(archive, {.arrays = {"x_tset"}}),
            "invalid_argument: [x.npy] there is no array \"x_tset\"; nearest: \"x_test\"");
  EXPECT_EQ(error_of(archive, {.arrays = {"q"}}),
            "invalid_argument: [x.npy] there is no array \"q\"; it holds x_test, y_test, other");
  EXPECT_EQ(error_of(archive),
            "invalid_argument: [x.npy] array \"other\" has 3 rows, \"x_test\" has 2; name those that belong together, "
            "such as --arrays x_test");
}

TEST(Npz, RefusesWhatLiesAboutSizes) {
  const std::string bomb = deflated(std::string(100'000, '\0'));
  EXPECT_EQ(error_of(zip({{"x.npy", bomb, 100, 0, 8}})),
            "corrupt_data: [x.npy] \"x.npy\" is damaged: expected 100 bytes; copy the file again");
  EXPECT_EQ(error_of(zip({{"x.npy", bomb, 100'001, 0, 8}})),
            "corrupt_data: [x.npy] \"x.npy\" is damaged: expected 100001 bytes; copy the file again");
  EXPECT_EQ(error_of(zip({{"x.npy", "abc", 4'000'000'000, 0, 8}})),
            "corrupt_data: [x.npy] the ZIP archive is damaged: \"x.npy\" cannot be of 4000000000 bytes; copy the file "
            "again");
  EXPECT_THAT(error_of(zip({{"x.npy", "abc", 4, 0, 0}})), HasSubstr("\"x.npy\" cannot be of 4 bytes"));
}

TEST(Npz, RefusesDamage) {
  Entry wrong = stored_entry("x.npy", x_npy);
  wrong.crc ^= 1;
  EXPECT_EQ(error_of(zip({wrong})),
            "corrupt_data: [x.npy] \"x.npy\" is damaged: its checksum is another; copy the file again");
  EXPECT_EQ(error_of(zip({{"x.npy", "abcdefgh", 100, 0, 8}})),
            "corrupt_data: [x.npy] \"x.npy\" is damaged: its data are not deflated; copy the file again");
  EXPECT_EQ(error_of(zip({stored_entry("a", "text")})),
            "corrupt_data: [x.npy: a] expected an array of NumPy; write arrays with numpy.savez, and a "
            "table, as of Excel, as CSV");
  EXPECT_EQ(error_of(zip({})), "corrupt_data: [x.npy] it holds no arrays");
  EXPECT_EQ(error_of(zip({stored_entry("x.npy", x_npy), stored_entry("x.npy", x_npy)})),
            "corrupt_data: [x.npy] the ZIP archive is damaged: it holds \"x.npy\" twice; copy the file again");
  EXPECT_EQ(error_of(zip({stored_entry("\xFF.npy", y_npy)})),
            "corrupt_data: [x.npy] the name of an array is not UTF-8");
}

TEST(Npz, RefusesEntriesThatOverlap) {
  std::string archive = zip({stored_entry("x.npy", x_npy), stored_entry("y.npy", x_npy)});
  const std::size_t second = archive.rfind("PK\x01\x02");
  archive.replace(second + 42, 4, std::string(4, '\0'));  // the second entry lies where the first does
  EXPECT_THAT(error_of(archive), HasSubstr("the ZIP archive is damaged: entries overlap"));
}

TEST(Npz, RefusesEncryptionAndOtherCompressions) {
  Entry entry = stored_entry("x.npy", x_npy);
  entry.flags = 1;
  EXPECT_EQ(error_of(zip({entry})),
            "invalid_argument: [x.npy] expected entries that are stored or deflated, one is encrypted; write it with "
            "numpy.savez or numpy.savez_compressed");
  entry.flags = 0;
  entry.method = 14;
  EXPECT_THAT(error_of(zip({entry})), HasSubstr("one is compressed by method 14"));
}

TEST(Npz, EveryCutAndEveryChangedByteIsAnErrorOrATable) {
  const std::string archive = zip({deflated_entry("x.npy", x_npy), stored_entry("y.npy", y_npy)});
  for (std::size_t n = 4; n < archive.size(); ++n) {
    EXPECT_THAT(error_of(archive.substr(0, n), {.format = DataFormat::npz}), HasSubstr("corrupt_data: ")) << n;
  }
  std::size_t n_refused = 0;
  for (std::size_t i = 0; i < archive.size(); ++i) {
    std::string changed = archive;
    changed[i] = static_cast<char>(changed[i] ^ 0x5A);
    n_refused += error_of(changed, {.format = DataFormat::npz}) != "no error" ? 1 : 0;
  }
  EXPECT_GT(n_refused, archive.size() / 2);
}

TEST(DataFile, NamesColumnsAndAddsLabels) {
  const test::TemporaryFolder folder;
  folder.write("x.npy", x_npy);
  folder.write("y.npy", y_npy);
  folder.write("long.npy", long_npy);
  const auto read = [&](const DataFileOptions& options) {
    return read_data_file(folder.file("x.npy"), options, LocalExecution(1));
  };
  EXPECT_EQ(csv::dump(read({.names = {"a", "b"}, .label_file = folder.file("y.npy")})),
            "a:float64|1|3\nb:float64|2|4\nlabel:int64|0|1\n");
  const auto error = [&](const DataFileOptions& options) -> std::string {
    try {
      read(options);
    } catch (const Error& caught) {
      return caught.what();
    }
    return "no error";
  };
  EXPECT_EQ(error({.names = {"a"}}), "[x.npy] expected as many names as columns, got 1 for 2");
  EXPECT_EQ(error({.label_file = folder.file("x.npy")}), "[x.npy] expected one column of labels, got 2");
  EXPECT_EQ(error({.label_file = folder.file("long.npy")}),
            "[long.npy] expected a label for each of the 2 rows of x.npy, got 3");
  EXPECT_EQ(error({.arrays = {"x"}}), "[x.npy] only an NPZ file holds arrays to choose from");
  EXPECT_EQ(error({.format = DataFormat::idx}), "[x.npy] expected an IDX file, its first bytes are others");
}

TEST(DataFile, SaysWhatATableOfAnotherProgramIs) {
  EXPECT_EQ(error_of("PAR1\x15\x04"),
            "corrupt_data: [x.npy] this is a Parquet file, which cannot be read; write the table as CSV, such as with "
            "to_csv of pandas");
  EXPECT_EQ(error_of("{\"a\": 1}\n{\"a\": 2}\n"),
            "corrupt_data: [x.npy] this is JSON, which cannot be read; write the table as CSV, such as with to_csv of "
            "pandas");
}

TEST(DataFile, RenamesTheColumnsOfCsvToo) {
  EXPECT_EQ(dumped("1,2\n3,4\n", {.csv = {.header = false}, .names = {"a", "b"}}), "a:int64|1|3\nb:int64|2|4\n");
}

}  // namespace
}  // namespace thrum::formats
