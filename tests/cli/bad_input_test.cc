#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/cli/thrum_process.h"

namespace thrum::test {
namespace {

using testing::HasSubstr;

std::vector<std::string> words(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> found;
  for (std::string word; stream >> word;) found.push_back(word);
  return found;
}

std::string good_rows(std::size_t rows) {
  std::string text = "age,job,weight,price,income\n";
  for (std::size_t i = 0; i < rows; ++i) {
    text += std::to_string(20 + i % 50) + (i % 3 == 0 ? ",clerk," : ",smith,") + "1," + std::to_string(i) + ".5" +
            ((i * 7) % 5 < 2 ? ",high\n" : ",low\n");
  }
  return text;
}

struct BadInput {
  const char* name;
  const char* command;  ///< after "thrum", run in a folder with the files of the fixture
  int exit_code;
  std::vector<std::string> messages;  ///< each stands in the error output
};

/// A folder of files, most of them bad, and a model trained on the good ones.
class BadInputs : public testing::TestWithParam<BadInput> {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    write_data();
    const Outcome run = run_thrum(words("train logistic-regression good.csv --target income -o good.thrum -q"),
                                  {.folder = folder_->path()});
    ASSERT_EQ(run.exit_code, 0) << run.err;
    write_models(read_text(folder_->file("good.thrum")));
  }
  static void TearDownTestSuite() { delete folder_; }

  static TemporaryFolder& folder() { return *folder_; }

 private:
  static void write_data() {
    const std::string good = good_rows(60);
    folder_->write("good.csv", good);
    folder_->write("empty.csv", "");
    folder_->write("header_only.csv", "age,job,weight,price,income\n");
    folder_->write("one_class.csv", "a,y\n1,x\n2,x\n3,x\n");
    folder_->write("all_missing.csv", "a,b,y\n1,,x\n2,,z\n3,NA,x\n");
    folder_->write("only_target.csv", "y\nx\nz\n");
    folder_->write("huge_number.csv", "a,y\n1,x\n1e999,z\n");
    folder_->write("ragged.csv", "a,b,y\n1,2,x\n1,2\n1,2,z\n");
    folder_->write("too_long.csv", "a,b,y\n1,2,x\n1,2,3,z\n");
    folder_->write("unclosed.csv", "a,y\n1,x\n2,\"z\n3,x\n");
    folder_->write("after_quote.csv", "a,y\n1,x\n2,\"z\"w\n");
    folder_->write("nul.csv", std::string("a,y\n1,x\n2,z\0z\n", 14));
    folder_->write("same_name.csv", "a,a,y\n1,2,x\n1,3,z\n");
    folder_->write("no_target_value.csv", "a,y\n1,x\n2,\n3,z\n");
    folder_->write("infinite.csv", "a,y\n1,x\ninf,z\n3,x\n");
    folder_->write("infinite_weight.csv", "a,w,y\n1,1,x\n2,inf,z\n3,1,x\n");
    folder_->write("missing_weight.csv", "a,w,y\n1,1,x\n2,,z\n3,1,x\n");
    folder_->write("negative_weight.csv", "a,w,y\n1,1,x\n2,-3,z\n3,1,x\n");
    folder_->write("zero_weights.csv", "a,w,y\n1,0,x\n2,0,z\n3,0,x\n");
    folder_->write("enormous_weights.csv", "a,w,y\n1,1,x\n2,1e308,z\n3,1e308,x\n");
    folder_->write("text_weight.csv", "a,w,y\n1,much,x\n2,1,z\n3,1,x\n");
    folder_->write("truncated.csv.gz", std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\xd4", 12));
    folder_->write("no_age.csv", "job,weight,price\nclerk,1,2.5\n");
    folder_->write("text_age.csv", "age,job,weight,price,income\n31,clerk,1,1.5,low\nold,clerk,1,2.5,low\n");
    folder_->write("new_class.csv", "age,job,weight,price,income\n31,clerk,1,1.5,low\n31,clerk,1,1.5,middle\n");
    folder_->write("no_truth.csv", "age,job,weight,price,income\n31,clerk,1,1.5,low\n31,clerk,1,1.5,\n");
    std::filesystem::create_directory(folder_->path() / "folder");
  }

  static void write_models(const std::string& good) {
    folder_->write("truncated.thrum", good.substr(0, good.size() / 2));
    folder_->write("short.thrum", good.substr(0, 5));
    std::string flipped = good;
    flipped[flipped.size() - 9] = static_cast<char>(flipped[flipped.size() - 9] ^ 0x10);
    folder_->write("flipped.thrum", flipped);
    std::string huge = good;
    huge[6] = '\x7f';
    folder_->write("huge_header.thrum", huge);
    folder_->write("empty.thrum", "");
  }

  static TemporaryFolder* folder_;
};
TemporaryFolder* BadInputs::folder_ = nullptr;

TEST_P(BadInputs, EndWithTheirCodeNameThePlaceAndLeaveNothing) {
  const BadInput& bad = GetParam();
  const std::vector<std::string> before = folder().names();
  const std::string good = read_text(folder().file("good.csv"));
  const Outcome run = run_thrum(words(std::string(bad.command) + " -q"), {.folder = folder().path()});
  EXPECT_EQ(run.exit_code, bad.exit_code) << run.err;
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, testing::StartsWith("thrum: error: ["));
  EXPECT_LE(std::count(run.err.begin(), run.err.end(), '\n'), 2) << run.err;
  for (const std::string& message : bad.messages) EXPECT_THAT(run.err, HasSubstr(message));
  EXPECT_EQ(folder().names(), before);
  EXPECT_EQ(read_text(folder().file("good.csv")), good);
}

#define TRAIN "train logistic-regression "

INSTANTIATE_TEST_SUITE_P(
    Training, BadInputs,
    testing::Values(
        BadInput{"MissingFile", TRAIN "absent.csv --target y -o m", 3, {"absent.csv", "No such file"}},
        BadInput{"FolderAsFile", TRAIN "folder --target y -o m", 3, {"folder", "directory"}},
        BadInput{"EmptyFile", TRAIN "empty.csv --target y -o m", 3, {"empty.csv"}},
        BadInput{"HeaderOnly", TRAIN "header_only.csv --target income -o m", 3, {"header_only.csv"}},
        BadInput{
            "NoSuchColumn", TRAIN "good.csv --target incom -o m", 3, {"\"incom\"", "good.csv", "nearest: \"income\""}},
        BadInput{
            "NoSuchExcluded", TRAIN "good.csv --target income --exclude jop -o m", 3, {"\"jop\"", "nearest: \"job\""}},
        BadInput{"NoSuchWeight",
                 TRAIN "good.csv --target income --weight weigth -o m",
                 3,
                 {"\"weigth\"", "nearest: \"weight\""}},
        BadInput{"OneClass", TRAIN "one_class.csv --target y -o m", 3, {"\"y\"", "class"}},
        BadInput{"EveryValueMissing", TRAIN "all_missing.csv --target y -o m", 3, {"\"b\"", "missing"}},
        BadInput{"OnlyTheTarget", TRAIN "only_target.csv --target y -o m", 3, {"only_target.csv", "\"y\""}},
        BadInput{"NumberTooLarge", TRAIN "huge_number.csv --target y -o m", 3, {"huge_number.csv", "line 3", "1e999"}},
        BadInput{"RowTooShort", TRAIN "ragged.csv --target y -o m", 3, {"ragged.csv", "line 3", "2"}},
        BadInput{"RowTooLong", TRAIN "too_long.csv --target y -o m", 3, {"too_long.csv", "line 3", "4"}},
        BadInput{"QuoteNotClosed", TRAIN "unclosed.csv --target y -o m", 3, {"unclosed.csv", "line 3"}},
        BadInput{"TextAfterQuote", TRAIN "after_quote.csv --target y -o m", 3, {"after_quote.csv", "line 3"}},
        BadInput{"NulByte", TRAIN "nul.csv --target y -o m", 3, {"nul.csv", "line 3", "NUL"}},
        BadInput{"ColumnTwice", TRAIN "same_name.csv --target y -o m", 3, {"same_name.csv", "\"a\""}},
        BadInput{"TruncatedGzip", TRAIN "truncated.csv.gz --target y -o m", 3, {"truncated.csv.gz"}},
        BadInput{"TargetMissing", TRAIN "no_target_value.csv --target y -o m", 3, {"\"y\"", "row 2"}},
        BadInput{"InfiniteWeight", TRAIN "infinite_weight.csv --target y --weight w -o m", 3, {"\"w\"", "row 2"}},
        BadInput{"MissingWeight", TRAIN "missing_weight.csv --target y --weight w -o m", 3, {"\"w\"", "row 2"}},
        BadInput{"NegativeWeight", TRAIN "negative_weight.csv --target y --weight w -o m", 3, {"\"w\"", "row 2"}},
        BadInput{"ZeroWeights", TRAIN "zero_weights.csv --target y --weight w -o m", 3, {"\"w\""}},
        BadInput{"TextAsWeight", TRAIN "text_weight.csv --target y --weight w -o m", 3, {"\"w\""}},
        BadInput{"TargetOfARegression", TRAIN "good.csv --target price -o m", 3, {"\"price\"", "classes"}},
        BadInput{"WrongDelimiter", TRAIN "good.csv --delimiter ; --target income -o m", 3, {"\"income\""}},
        BadInput{"LongDelimiter", TRAIN "good.csv --delimiter :: --target income -o m", 2, {"--delimiter", "\"::\""}},
        BadInput{"LetterAsDelimiter", TRAIN "good.csv --delimiter x --target income -o m", 2, {"--delimiter", "\"x\""}},
        BadInput{"ClassWeightWithoutNumber",
                 TRAIN "good.csv --target income --class-weight high -o m",
                 2,
                 {"--class-weight: expected none, balanced", "got \"high\""}},
        BadInput{"EnormousWeights", TRAIN "enormous_weights.csv --target y --weight w -o m", 3, {"\"w\"", "row 2"}},
        BadInput{"ClassWeightOfNoClass", TRAIN "good.csv --target income --class-weight hihg=2 -o m", 3, {"hihg"}},
        BadInput{"FractionTooLarge", TRAIN "good.csv --target income --valid 1.5 -o m", 2, {"--valid", "1.5"}},
        BadInput{"FractionNegative", TRAIN "good.csv --target income --valid -0.1 -o m", 2, {"--valid", "-0.1"}},
        BadInput{"UnknownStep",
                 TRAIN "good.csv --target income --prepare scale -o m",
                 2,
                 {"[prepare] expected the name of a step, got \"scale\""}},
        BadInput{"StepOfNoColumn",
                 TRAIN "good.csv --target income --prepare drop(columns=agee) -o m",
                 3,
                 {"there is no column \"agee\"", "\"age\""}},
        BadInput{"ValidFileMissing", TRAIN "good.csv --target income --valid absent.csv -o m", 3, {"absent.csv"}},
        BadInput{"OutputIsInput", TRAIN "good.csv --target income -o good.csv", 2, {"good.csv", "also an input"}},
        BadInput{"OutputFolderMissing", TRAIN "good.csv --target income -o absent/m", 1, {"absent", "no folder"}},
        BadInput{"OutputIsFolder", TRAIN "good.csv --target income -o folder", 1, {"folder", "it is a folder"}},
        BadInput{"DiskFull", TRAIN "good.csv --target income -o /dev/full", 1, {"/dev/full", "No space left"}},
        BadInput{"JsonAndModelOnOutput",
                 TRAIN "good.csv --target income -o - --json=true --json=false -q -v",
                 2,
                 {"exclude"}},
        BadInput{"IsaOfAnotherMachine", TRAIN "good.csv --target income -o m --isa SVE9", 2, {"SVE9"}}),
    [](const auto& param_info) { return param_info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Predicting, BadInputs,
    testing::Values(
        BadInput{"ModelMissing", "predict absent.thrum good.csv", 4, {"absent.thrum", "No such file"}},
        BadInput{"ModelIsFolder", "predict folder good.csv", 4, {"folder"}},
        BadInput{"ModelIsCsv", "predict good.csv good.csv", 4, {"good.csv"}},
        BadInput{"ModelIsAFolder",
                 "evaluate folder good.csv",
                 4,
                 {"cannot read folder: not a regular file", "name a file in this folder"}},
        BadInput{"ModelIsADevice",
                 "serve /dev/zero",
                 4,
                 {"cannot read /dev/zero: not a regular file", "copy what it gives into a file first"}},
        BadInput{"ModelIsEmpty", "inspect empty.thrum", 4, {"empty.thrum"}},
        BadInput{"ModelIsShort", "inspect short.thrum", 4, {"short.thrum"}},
        BadInput{"ModelIsTruncated", "inspect truncated.thrum", 4, {"truncated.thrum"}},
        BadInput{"ModelHasAFlippedBit", "evaluate flipped.thrum good.csv", 4, {"flipped.thrum"}},
        BadInput{"ModelHeaderTooLarge", "serve huge_header.thrum", 4, {"huge_header.thrum"}},
        BadInput{"FeatureMissing", "predict good.thrum no_age.csv", 3, {"\"age\"", "no_age.csv"}},
        BadInput{"TextInNumberColumn", "predict good.thrum text_age.csv", 3, {"\"age\"", "\"old\"", "row 2"}},
        BadInput{"NoRowsToPredict", "predict good.thrum header_only.csv -o out.csv", 3, {"header_only.csv"}},
        BadInput{"PredictionOverInput", "predict good.thrum good.csv -o good.csv", 2, {"good.csv", "also an input"}},
        BadInput{
            "PredictionOverModel", "predict good.thrum good.csv -o good.thrum", 2, {"good.thrum", "also an input"}},
        BadInput{"LabelsOfADevice",
                 "predict good.thrum good.csv --label-file /dev/zero",
                 3,
                 {"cannot read /dev/zero: it is a device, which may have no end"}},
        BadInput{"PredictionOnFullDisk", "predict good.thrum good.csv -o /dev/full", 1, {"/dev/full", "No space left"}},
        BadInput{"UnknownClass", "evaluate good.thrum new_class.csv", 3, {"new_class.csv", "row 2", "\"middle\""}},
        BadInput{"TruthMissing", "evaluate good.thrum no_truth.csv", 3, {"no_truth.csv", "row 2", "\"income\""}},
        BadInput{"NoTruthColumn", "evaluate good.thrum no_age.csv", 3, {"no_age.csv"}},
        BadInput{"UnknownScore",
                 "evaluate good.thrum good.csv --min roc_acu=0.5",
                 2,
                 {"\"roc_acu\"", "nearest: \"roc_auc\""}},
        BadInput{"GateWithoutNumber", "evaluate good.thrum good.csv --min roc_auc", 2, {"--min", "SCORE=NUMBER"}},
        BadInput{"GateOfText", "evaluate good.thrum good.csv --max log_loss=low", 2, {"--max", "log_loss=low"}}),
    [](const auto& param_info) { return param_info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Others, BadInputs,
    testing::Values(
        BadInput{
            "InspectNoSuchTarget", "data inspect good.csv --target incom", 3, {"\"incom\"", "nearest: \"income\""}},
        BadInput{"UnknownGenerator", "data generate higs-like --rows 5", 2, {"higs-like", "nearest: \"higgs-like\""}},
        BadInput{"NoRowsToGenerate", "data generate higgs-like --rows 0", 2, {"--rows", "\"0\""}},
        BadInput{"GenerateLibsvm",
                 "data generate sparse --rows 5 -o sp.libsvm",
                 2,
                 {"rows are made as CSV, and \"sp.libsvm\" is called like a LIBSVM file", "give it a name"}},
        BadInput{"GenerateOnFullDisk",
                 "data generate higgs-like --rows 9999 -o /dev/full",
                 1,
                 {"/dev/full", "No space left"}},
        BadInput{"SplitIntoOneFile", "data split good.csv --train a.csv --test a.csv", 2, {"same file"}},
        BadInput{"SplitIntoOneFileSpeltTwice", "data split good.csv --train a.csv --test ./a.csv", 2, {"same file"}},
        BadInput{"SplitOverInput", "data split good.csv --train good.csv --test b.csv", 2, {"also an input"}},
        BadInput{"SplitOfEverything",
                 "data split good.csv --train a.csv --test b.csv --fraction 1",
                 2,
                 {"--fraction", "(0, 1)"}},
        BadInput{"ServeNoAddress", "serve good.thrum -b nowhere", 2, {"nowhere"}},
        BadInput{"ServePortTooHigh", "serve good.thrum -b 127.0.0.1:99999", 2, {"99999"}},
        BadInput{"ServeForeignAddress", "serve good.thrum -b 192.0.2.1:4000", 6, {"192.0.2.1:4000"}},
        BadInput{"ServeNoWorkers", "serve good.thrum -w 0", 2, {"--workers", "\"0\""}}),
    [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace thrum::test
