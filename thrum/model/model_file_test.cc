#include "thrum/model/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <xxhash.h>

#include <cstdio>
#include <cstring>
#include <limits>

#include "thrum/core/refusal_test.h"

namespace thrum {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const std::vector<double> three = {1, 2, 3};

std::vector<std::byte> small_file() {
  ModelFileBuilder file;
  file.add_metadata("note", "one \"line\"\n\u00e4");
  file.add_tensor<double>("x", {3}, three);
  const std::vector<std::uint8_t> flags = {7, 8};
  file.add_tensor<std::uint8_t>("flags", {2, 1}, flags);
  return file.bytes();
}

std::string corruption(const std::vector<std::byte>& bytes) {
  return test::refusal([&] { ModelFile(bytes, "a.thrum"); }, ErrorCode::corrupt_data);
}

constexpr std::string_view digits = "00000000000000000000000000000000";
constexpr std::string_view begin = R"({"__metadata__":{"checksum":")";

/// A file whose checksum is right, as whoever knows the format can make one: `header` goes after the checksum, blanks
/// fill it up to a multiple of `alignment`.
std::vector<std::byte> forge(std::string_view header, std::size_t n_data = 0, std::size_t alignment = 64) {
  std::string text = std::string(begin) + std::string(digits) + "\"" + std::string(header);
  text.resize((8 + text.size() + alignment - 1) / alignment * alignment - 8, ' ');
  std::vector<std::byte> file(8 + text.size() + n_data);
  const std::uint64_t length = text.size();
  std::memcpy(file.data(), &length, 8);
  std::memcpy(file.data() + 8, text.data(), text.size());
  const XXH128_hash_t hash = XXH3_128bits(file.data(), file.size());
  char hex[33];
  std::snprintf(hex, sizeof hex, "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  std::memcpy(file.data() + 8 + begin.size(), hex, digits.size());
  return file;
}

std::string tensor(std::string_view name, std::string_view dtype, std::string_view shape, std::string_view offsets) {
  return ",\"" + std::string(name) + R"(":{"dtype":")" + std::string(dtype) + R"(","shape":)" + std::string(shape) +
         R"(,"data_offsets":)" + std::string(offsets) + "}";
}

std::string corruption_of_tensors(const std::string& tensors, std::size_t n_data) {
  return corruption(forge("}" + tensors + "}", n_data));
}

TEST(ModelFile, ReadsWhatTheBuilderWrote) {
  const auto bytes = small_file();
  const ModelFile file(bytes, "a.thrum");
  EXPECT_EQ(file.source(), "a.thrum");
  EXPECT_EQ(file.metadata("note"), "one \"line\"\n\u00e4");
  EXPECT_TRUE(file.has_metadata("note"));
  EXPECT_FALSE(file.has_metadata("notes"));
  EXPECT_THAT(file.tensor<double>("x", std::vector<std::size_t>{3}), ElementsAre(1, 2, 3));
  EXPECT_THAT(file.tensor<std::uint8_t>("flags", std::vector<std::size_t>{2, 1}), ElementsAre(7, 8));
}

TEST(ModelFile, HoldsEmptyTensorsAndNone) {
  ModelFileBuilder builder;
  builder.add_tensor<double>("none", {0, 5}, {});
  builder.add_tensor<double>("x", {3}, three);
  const auto bytes = builder.bytes();
  const ModelFile file(bytes, "a.thrum");
  EXPECT_TRUE(file.tensor<double>("none", std::vector<std::size_t>{0, 5}).empty());
  const auto empty = ModelFileBuilder().bytes();
  EXPECT_TRUE(ModelFile(empty, "empty").tensors().empty());
}

TEST(ModelFile, PutsEveryTensorAtAMultipleOf64Bytes) {
  const auto bytes = small_file();
  const ModelFile file(bytes, "a.thrum");
  for (const char* name : {"x", "flags"}) {
    EXPECT_EQ((file.tensors().find(name)->second.data.data() - bytes.data()) % 64, 0) << name;
  }
  EXPECT_EQ(bytes.size() % 64, 0u);
  EXPECT_EQ(file.tensors().find("padding.0")->second.data.size(), 40u);
}

TEST(ModelFile, HasTheBytesThatTheFormatSays) {
  const auto bytes = small_file();
  const auto length = load<std::uint64_t>(bytes);
  const std::string_view header = text_of(ByteSpan(bytes).subspan(8, length));
  EXPECT_THAT(std::string(header), StartsWith(std::string(begin)));
  std::string blank(header);
  blank.replace(begin.size(), digits.size(), digits);
  EXPECT_EQ(blank.substr(0, blank.find_last_not_of(' ') + 1),
            std::string(begin) + std::string(digits) +
                R"(","note":"one \"line\"\n)"
                "\u00e4"
                R"("},"x":{"dtype":"F64","shape":[3],"data_offsets":[0,24]},)"
                R"("padding.0":{"dtype":"U8","shape":[40],"data_offsets":[24,64]},)"
                R"("flags":{"dtype":"U8","shape":[2,1],"data_offsets":[64,66]},)"
                R"("padding.1":{"dtype":"U8","shape":[62],"data_offsets":[66,128]}})");
  EXPECT_EQ(bytes, small_file());
}

TEST(ModelFile, RefusesAskingForWhatIsNotThere) {
  const auto bytes = small_file();
  const ModelFile file(bytes, "a.thrum");
  const auto ask = [&](auto f) { return test::refusal(f, ErrorCode::corrupt_data); };
  EXPECT_EQ(ask([&] { file.metadata("schema"); }), "[a.thrum] lacks the metadata \"schema\"");
  EXPECT_EQ(ask([&] { file.tensor<double>("y", std::vector<std::size_t>{3}); }), "[a.thrum] lacks the tensor \"y\"");
  const std::string misfit = "[a.thrum] has the tensor \"x\" in another type or shape than it needs";
  EXPECT_EQ(ask([&] { file.tensor<double>("x", std::vector<std::size_t>{4}); }), misfit);
  EXPECT_EQ(ask([&] { file.tensor<double>("x", std::vector<std::size_t>{3, 1}); }), misfit);
  EXPECT_EQ(ask([&] { file.tensor<float>("x", std::vector<std::size_t>{3}); }), misfit);
}

TEST(ModelFile, RefusesBytesThatDoNotBeginAtAMultipleOf16) {
  const auto bytes = small_file();
  std::vector<std::byte> shifted(bytes.size() + 1);
  std::ranges::copy(bytes, shifted.begin() + 1);
  EXPECT_EQ(test::refusal([&] { ModelFile(ByteSpan(shifted).subspan(1), "a.thrum"); }),
            "[a.thrum] the bytes must be aligned to 16; copy them, as deserialize does");
}

TEST(ModelFileForged, IsReadWhenItIsRight) {
  const auto bytes = forge(R"(,"k":"v"})" + tensor("x", "F64", "[2,1]", "[0,16]") + "}", 16);
  const ModelFile file(bytes, "a.thrum");
  EXPECT_EQ(file.metadata("k"), "v");
  EXPECT_EQ(file.tensor<double>("x", std::vector<std::size_t>{2, 1}).size(), 2u);
}

TEST(ModelFileForged, RefusesHeadersThatAreNoJson) {
  EXPECT_THAT(corruption(forge("}")), HasSubstr("[a.thrum] not valid JSON"));
  EXPECT_THAT(corruption(forge("}} {}")), HasSubstr("[a.thrum] not valid JSON"));
  EXPECT_THAT(corruption(forge("},\"a\xff\":1}")), HasSubstr("[a.thrum] not valid JSON"));
  EXPECT_THAT(corruption(forge("},\"deep\":" + std::string(100, '[') + std::string(100, ']') + "}")),
              HasSubstr("[a.thrum] JSON is nested deeper than 64 levels"));
  EXPECT_THAT(corruption(forge("},\"deep\":" + std::string(100'000, '['))), HasSubstr("deeper than 64 levels"));
}

TEST(ModelFileForged, RefusesRepeatedNames) {
  EXPECT_THAT(corruption(forge(R"(,"k":"v","k":"w"}})")), HasSubstr("the key \"k\" twice"));
  const std::string x = tensor("x", "U8", "[8]", "[0,8]");
  EXPECT_THAT(corruption_of_tensors(x + x, 8), HasSubstr("the key \"x\" twice"));
  EXPECT_THAT(corruption(forge(R"(},"__metadata__":{}})")), HasSubstr("the key \"__metadata__\" twice"));
}

TEST(ModelFileForged, RefusesMetadataThatIsNotText) {
  EXPECT_EQ(corruption(forge(R"(,"k":1}})")), "[a.thrum] has metadata \"k\" that is not a string");
  EXPECT_EQ(corruption(forge(R"(,"k":null}})")), "[a.thrum] has metadata \"k\" that is not a string");
}

TEST(ModelFileForged, RefusesTensorsOutsideTheFile) {
  const std::string outside =
      "[a.thrum] places the tensor \"x\" outside the file, or with another size than its shape has";
  EXPECT_EQ(corruption_of_tensors(tensor("x", "F64", "[2]", "[0,16]"), 8), outside);
  EXPECT_EQ(corruption_of_tensors(tensor("x", "F64", "[1]", "[0,16]"), 16), outside);
  EXPECT_EQ(corruption_of_tensors(tensor("x", "F64", "[1]", "[16,8]"), 16), outside);
  EXPECT_EQ(corruption_of_tensors(tensor("x", "U8", "[18446744073709551615]", "[0,18446744073709551615]"), 8), outside);
  EXPECT_EQ(corruption_of_tensors(tensor("x", "U8", "[0]", "[18446744073709551615,18446744073709551615]"), 8), outside);
}

TEST(ModelFileForged, RefusesShapesThatOverflow) {
  const std::string impossible = "[a.thrum] gives the tensor \"x\" an impossible shape";
  EXPECT_EQ(corruption_of_tensors(tensor("x", "F64", "[2305843009213693952]", "[0,0]"), 0), impossible);
  EXPECT_EQ(corruption_of_tensors(tensor("x", "U8", "[4294967296,4294967296]", "[0,0]"), 0), impossible);
}

TEST(ModelFileForged, RefusesNumbersThatAreNoSizes) {
  const std::string no_size = "[a.thrum] has a shape or an offset that is not a whole number";
  EXPECT_EQ(corruption_of_tensors(tensor("x", "U8", "[-8]", "[0,8]"), 8), no_size);
  EXPECT_EQ(corruption_of_tensors(tensor("x", "U8", "[8.0]", "[0,8]"), 8), no_size);
  EXPECT_EQ(corruption_of_tensors(tensor("x", "U8", "[8]", "[-8,0]"), 8), no_size);
  EXPECT_EQ(corruption_of_tensors(tensor("x", "U8", "[\"8\"]", "[0,8]"), 8), no_size);
  EXPECT_EQ(corruption_of_tensors(tensor("x", "U8", "[8]", "[0,18446744073709551616]"), 8), no_size);
}

TEST(ModelFileForged, RefusesDescriptionsThatAreIncomplete) {
  const std::string wrong = "[a.thrum] describes the tensor \"x\" wrongly";
  EXPECT_EQ(corruption_of_tensors(tensor("x", "F16", "[4]", "[0,8]"), 8), wrong);
  EXPECT_EQ(corruption_of_tensors(tensor("x", "U8", "8", "[0,8]"), 8), wrong);
  EXPECT_EQ(corruption_of_tensors(tensor("x", "U8", "[8]", "[0,8,9]"), 8), wrong);
  EXPECT_EQ(corruption_of_tensors(R"(,"x":{"dtype":"U8","shape":[8],"data_offsets":[0,8],"more":1})", 8), wrong);
  EXPECT_EQ(corruption_of_tensors(R"(,"x":{"dtype":8,"shape":[8],"data_offsets":[0,8]})", 8), wrong);
  EXPECT_EQ(corruption_of_tensors(R"(,"x":{"dtype":"U8","shape":[8]})", 8),
            "[a.thrum] the key \"data_offsets\" is missing");
  EXPECT_EQ(corruption_of_tensors(R"(,"x":8)", 8), "[a.thrum] expected a JSON object");
}

TEST(ModelFileForged, RefusesTensorsThatOverlapOrLeaveGaps) {
  const std::string gaps = "[a.thrum] has tensors that overlap, leave gaps or are out of order";
  const std::string x = tensor("x", "U8", "[64]", "[0,64]");
  EXPECT_EQ(corruption_of_tensors(x + tensor("y", "U8", "[64]", "[0,64]"), 64), gaps);
  EXPECT_EQ(corruption_of_tensors(x + tensor("y", "U8", "[64]", "[128,192]"), 192), gaps);
  EXPECT_EQ(corruption_of_tensors(tensor("y", "U8", "[64]", "[64,128]") + x, 128), gaps);
  EXPECT_EQ(corruption_of_tensors(x, 65), "[a.thrum] has bytes after the last tensor");
}

TEST(ModelFileForged, RefusesTensorsOutOfAlignment) {
  EXPECT_EQ(corruption_of_tensors(tensor("x", "U8", "[1]", "[0,1]") + tensor("y", "F64", "[1]", "[1,9]"), 9),
            "[a.thrum] has \"y\" out of alignment");
  EXPECT_EQ(corruption(forge("}" + tensor("x", "F64", "[1]", "[0,8]") + " }", 8, 1)),
            "[a.thrum] has tensors out of alignment");
}

TEST(ModelFileForged, RefusesPaddingThatIsNone) {
  EXPECT_EQ(corruption_of_tensors(tensor("padding.0", "U8", "[64]", "[0,64]"), 64), "[a.thrum] has wrong padding");
  EXPECT_EQ(corruption_of_tensors(tensor("padding.0", "F64", "[1]", "[0,8]"), 8), "[a.thrum] has wrong padding");
}

TEST(ModelFileForged, RefusesNumbersThatAreNotFinite) {
  for (const double value : {std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity()}) {
    ModelFileBuilder builder;
    const std::vector<double> x = {1, value};
    builder.add_tensor<double>("x", {2}, x);
    EXPECT_EQ(corruption(builder.bytes()), "[a.thrum] has a value that is not finite in the tensor \"x\"");
  }
  ModelFileBuilder builder;
  const std::vector<float> x = {std::numeric_limits<float>::infinity()};
  builder.add_tensor<float>("f", {1}, x);
  EXPECT_EQ(corruption(builder.bytes()), "[a.thrum] has a value that is not finite in the tensor \"f\"");
}

TEST(ModelFileForged, RefusesHeaderLengthsBeyondTheFile) {
  for (const std::uint64_t length : {std::uint64_t{1} << 63, ~std::uint64_t{0}, std::uint64_t{1} << 40}) {
    auto bytes = small_file();
    std::memcpy(bytes.data(), &length, sizeof length);
    EXPECT_THAT(corruption(bytes), HasSubstr("[a.thrum] is cut off or damaged: the header should have"));
  }
}

}  // namespace
}  // namespace thrum
