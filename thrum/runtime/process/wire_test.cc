#include "thrum/runtime/process/wire.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>

#include "thrum/core/error.h"
#include "thrum/core/random.h"
#include "thrum/core/refusal_test.h"
#include "thrum/runtime/memfd.h"

namespace thrum {
namespace {

class Money;

}  // namespace

template <>
inline constexpr bool crosses_as_bytes<Money> = true;

namespace {

struct Point {
  double x = 0;
  double y = 0;
  bool operator==(const Point&) const = default;
};

struct Flagged {
  int number = 0;
  bool flag = false;
  std::string name;
  std::vector<Point> points;
  bool operator==(const Flagged&) const = default;
};

struct Empty {
  bool operator==(const Empty&) const = default;
};

enum class Colour : std::uint8_t { red, green };

/// A recursive class with private members.
class Tree {
 public:
  Tree() = default;
  explicit Tree(int value) : value_(value) {}
  void add(Tree child) { children_.push_back(std::move(child)); }
  int sum() const {
    return std::accumulate(children_.begin(), children_.end(), value_,
                           [](int sum, const Tree& child) { return sum + child.sum(); });
  }
  template <class Archive>
  void wire(Archive& archive) {
    archive(value_, children_);
  }

 private:
  int value_ = 0;
  std::vector<Tree> children_;
};

/// Without a default constructor.
class Handle {
 public:
  explicit Handle(int number) : number_(number) {}
  int number() const { return number_; }
  void wire(WireWriter& writer) const { writer.write(number_); }
  static Handle from_wire(WireReader& reader) { return Handle(reader.read<int>()); }

 private:
  int number_;
};

struct WithHandle {
  Handle handle;
  std::string name;
};

/// A list.
struct Link {
  int value = 0;
  std::unique_ptr<Link> next;
};

/// Contains itself without a hook.
struct Branch {
  std::vector<Branch> branches;
};

Link list_of(int n) {
  Link list;
  for (int i = 1; i < n; ++i) list = Link{i, std::make_unique<Link>(std::move(list))};
  return list;
}

int length(const Link& list) {
  int n = 1;
  for (const Link* link = list.next.get(); link != nullptr; link = link->next.get()) ++n;
  return n;
}

/// Trivially copyable, with private members.
class Money {
 public:
  explicit Money(int cents) : cents_(cents) {}
  bool operator==(const Money&) const = default;

 private:
  int cents_;
};

class View {
 public:
  explicit View(const double* data) : data_(data) {}
  double front() const { return *data_; }

 private:
  const double* data_;
};

/// Whose hook says nothing.
struct Silent {
  template <class Archive>
  void wire(Archive&) {}
};

struct Message {
  std::vector<std::byte> bytes;
  std::vector<UniqueFd> descriptors;
};

template <class... T>
Message written(const T&... values) {
  WireWriter writer;
  writer(values...);
  Message message;
  message.descriptors = writer.take_descriptors();
  message.bytes = writer.take_bytes();
  return message;
}

template <class T>
T crossed(const T& value) {
  Message message = written(value);
  WireReader reader(message.bytes, std::move(message.descriptors));
  T result = reader.read<T>();
  reader.expect_end();
  return result;
}

template <class T>
void expect_crosses(const T& value) {
  EXPECT_EQ(crossed(value), value);
}

template <class T>
std::string fault(ByteSpan bytes) {
  return test::refusal([&] { WireReader(bytes).read<T>(); }, ErrorCode::corrupt_data);
}

TEST(Wire, CarriesNumbersEnumsAndStrings) {
  expect_crosses(true);
  expect_crosses('x');
  expect_crosses(-7);
  expect_crosses(std::numeric_limits<std::uint64_t>::max());
  expect_crosses(-0.0);
  expect_crosses(std::complex<float>(1, 2));
  expect_crosses(Colour::green);
  expect_crosses(std::string());
  expect_crosses(std::string("a\0b", 3));
  expect_crosses(std::filesystem::path("/tmp/a b"));
  EXPECT_TRUE(std::signbit(crossed(-0.0)));
  EXPECT_TRUE(std::isnan(crossed(std::nan(""))));
}

TEST(Wire, CarriesClassesThatAreOnlyTheirBytes) {
  expect_crosses(std::chrono::milliseconds(17));
  expect_crosses(std::chrono::system_clock::time_point(std::chrono::hours(5)));
  expect_crosses(std::chrono::year_month_day(std::chrono::year(2024), std::chrono::month(2), std::chrono::day(29)));
  expect_crosses(std::bitset<9>(0x155));
  EXPECT_EQ(crossed(Random(7, 1)).below(5, 1000), Random(7, 1).below(5, 1000));
  expect_crosses(Money(12));
  expect_crosses(std::vector{Money(1), Money(2)});
  EXPECT_TRUE(crossed(std::less<>())(1, 2));
}

// A class may hide a pointer: its bytes mean nothing in another process.
static_assert(!wire_detail::OpaqueBytes<View>);
static_assert(!wire_detail::OpaqueBytes<std::string_view>);
static_assert(!wire_detail::OpaqueBytes<std::span<int>>);
static_assert(!wire_detail::OpaqueBytes<std::reference_wrapper<int>>);

TEST(Wire, CarriesContainers) {
  expect_crosses(std::vector<int>{});
  expect_crosses(std::vector<double>{1, 2, 3});
  expect_crosses(std::vector<bool>{true, false, true});
  expect_crosses(std::vector<std::string>{"", "b"});
  expect_crosses(std::deque<int>{1, 2});
  expect_crosses(std::list<std::string>{"a", "b"});
  expect_crosses(std::vector<std::vector<int>>{{1}, {}, {2, 3}});
  expect_crosses(std::array<std::string, 2>{"a", "b"});
  expect_crosses(std::map<std::string, int>{{"a", 1}, {"b", 2}});
  expect_crosses(std::unordered_map<int, std::string>{{1, "a"}, {2, "b"}});
  expect_crosses(std::set<int>{3, 1});
  expect_crosses(std::unordered_set<std::string>{"x", "y"});
  expect_crosses(std::tuple(1, std::string("a"), 2.5));
  expect_crosses(std::pair(1, std::vector<int>{2}));
  expect_crosses(std::optional<int>());
  expect_crosses(std::optional(std::string("a")));
  expect_crosses(std::variant<int, std::string, std::monostate>(std::string("b")));
  expect_crosses(std::variant<int, std::string, std::monostate>(std::monostate()));
}

TEST(Wire, CarriesAggregatesFieldByField) {
  expect_crosses(Point{1, 2});
  expect_crosses(Flagged{7, true, "name", {{1, 2}, {3, 4}}});
  expect_crosses(Empty{});
  expect_crosses(std::vector<Empty>(3));
}

TEST(Wire, CarriesElementsThatHoldNothing) {
  expect_crosses(std::vector<std::monostate>(5));
  expect_crosses(std::vector<std::tuple<>>(5));
  expect_crosses(std::vector<std::array<std::string, 0>>(5));
  expect_crosses(std::vector<std::tuple<std::monostate>>(5));
  expect_crosses(std::set<std::monostate>{{}});
  expect_crosses(std::map<std::monostate, std::tuple<>>{{{}, {}}});
  EXPECT_EQ(crossed(std::vector<Silent>(5)).size(), 5U);
}

TEST(Wire, CarriesWhatHasAHookAndOwnedValues) {
  Tree tree(1);
  tree.add(Tree(2));
  Tree branch(3);
  branch.add(Tree(4));
  tree.add(branch);
  EXPECT_EQ(crossed(tree).sum(), 10);
  EXPECT_EQ(crossed(WithHandle{Handle(7), "seven"}).handle.number(), 7);
  const auto owned = crossed(std::make_unique<std::string>("mine"));
  EXPECT_EQ(*owned, "mine");
  EXPECT_EQ(crossed(std::unique_ptr<int>()), nullptr);
}

TEST(Wire, SendsLargeBuffersOutOfBandAndSmallOnesInline) {
  const std::size_t n = WireWriter::bulk_threshold / sizeof(double);
  std::vector<double> large(n + 3);
  std::iota(large.begin(), large.end(), 0.0);
  const std::string text(WireWriter::bulk_threshold + 1, 't');
  const std::vector<double> small(n - 1, 1.5);
  Message message = written(large, text, small);
  EXPECT_EQ(message.descriptors.size(), 1U);
  EXPECT_LT(message.bytes.size(), small.size() * sizeof(double) + 100);
  WireReader reader(message.bytes, std::move(message.descriptors));
  EXPECT_EQ(reader.read<std::vector<double>>(), large);
  EXPECT_EQ(reader.read<std::string>(), text);
  EXPECT_EQ(reader.read<std::vector<double>>(), small);
  reader.expect_end();
}

TEST(Wire, CarriesDescriptorsInOrderBesideLargeBuffers) {
  const UniqueFd a = share_bytes("a", bytes_of("first"));
  const UniqueFd b = share_bytes("b", bytes_of("second"));
  const std::string large(WireWriter::bulk_threshold, 'l');
  WireWriter writer;
  writer.write_descriptor(a.get());
  writer.write(large);
  writer.write_descriptor(b.get());
  auto descriptors = writer.take_descriptors();
  WireReader reader(writer.bytes(), std::move(descriptors));
  EXPECT_EQ(text_of(SharedBytes(reader.read_descriptor().get()).bytes()), "first");
  EXPECT_EQ(reader.read<std::string>(), large);
  EXPECT_EQ(text_of(SharedBytes(reader.read_descriptor().get()).bytes()), "second");
}

TEST(Wire, StoresBytesOnly) {
  WireWriter writer(WireWriter::Mode::to_storage);
  const std::string large(WireWriter::bulk_threshold * 2, 'l');
  writer.write(large);
  EXPECT_TRUE(writer.take_descriptors().empty());
  EXPECT_EQ(WireReader(writer.bytes()).read<std::string>(), large);
  EXPECT_EQ(test::refusal([&] { writer.write_descriptor(0); }),
            "[wire] a value that lives in shared memory cannot be stored; store a copy of its contents");
}

TEST(Wire, RefusesEveryTruncation) {
  const Message message = written(Flagged{7, true, "name", {{1, 2}, {3, 4}}}, std::map<int, std::string>{{1, "a"}});
  for (std::size_t size = 0; size < message.bytes.size(); ++size) {
    WireReader reader(ByteSpan(message.bytes).first(size));
    const auto read_all = [&] {
      reader.read<Flagged>();
      reader.read<std::map<int, std::string>>();
    };
    EXPECT_THROW(read_all(), Error) << size;
  }
}

TEST(Wire, SaysWhatIsWrong) {
  EXPECT_EQ(fault<std::uint32_t>(bytes_of("ab")), "[wire] expected 4 more bytes of a value, 2 are left");
  EXPECT_EQ(fault<bool>(bytes_of("x")), "[wire] the bytes hold a truth value that is neither 0 nor 1");
  const Message no_alternative = written(std::uint64_t{5});
  EXPECT_EQ((fault<std::variant<int, bool>>(no_alternative.bytes)), "[wire] the bytes hold no such alternative");
  const Message strange_place = written(std::uint64_t{1}, 'x', 'y');
  EXPECT_EQ(fault<std::string>(strange_place.bytes), "[wire] the bytes hold a buffer in an unknown place");
  const Message absent = written(std::uint64_t{1}, std::uint8_t{1}, std::uint64_t{0});
  EXPECT_EQ(fault<std::string>(absent.bytes), "[wire] the bytes hold a buffer that did not come");
  const Message rest = written(1, 2);
  WireReader reader(rest.bytes);
  reader.read<int>();
  EXPECT_THROW(reader.expect_end(), Error);
}

TEST(Wire, TakesNoMemoryForLengthsThatCannotBe) {
  const Message huge = written(std::numeric_limits<std::uint64_t>::max() / 2);
  EXPECT_NE(fault<std::vector<double>>(huge.bytes), "no error");
  EXPECT_NE(fault<std::vector<std::string>>(huge.bytes), "no error");
  EXPECT_NE(fault<std::vector<Empty>>(huge.bytes), "no error");
  EXPECT_NE((fault<std::map<int, int>>(huge.bytes)), "no error");
  EXPECT_NE(fault<std::string>(huge.bytes), "no error");
}

TEST(Wire, RefusesToReadEndlessNesting) {
  const std::string too_deep = "[wire] the bytes hold values nested too deeply";
  WireWriter trees;
  for (int i = 0; i < 2000; ++i) trees(i, std::uint64_t{1});
  EXPECT_EQ(fault<Tree>(trees.bytes()), too_deep);
  WireWriter branches;
  for (int i = 0; i < 200000; ++i) branches(std::uint64_t{1});
  EXPECT_EQ(fault<Branch>(branches.bytes()), too_deep);
  EXPECT_EQ(fault<Link>(std::vector<std::byte>(1000000, std::byte{1})), too_deep);
}

TEST(Wire, RefusesToWriteEndlessNesting) {
  WireWriter writer;
  Link list = list_of(200000);
  EXPECT_EQ(test::refusal([&] { writer.write(list); }),
            "[wire] expected values nested at most 1024 deep, given deeper ones; send the nodes as a vector, which "
            "refer to each other by index");
  while (list.next) list.next = std::exchange(list.next->next, nullptr);  // a destructor would recurse
}

TEST(Wire, CarriesWhatIsNestedAsDeepAsAllowedAlsoAfterARefusal) {
  WireWriter writer;
  EXPECT_THROW(writer.write(list_of(513)), Error);
  writer.rewind(0);
  writer.write(list_of(512));
  const auto list = WireReader(writer.bytes()).read<Link>();
  EXPECT_EQ(length(list), 512);
}

TEST(Wire, ReadsOnAfterARefusal) {
  std::vector<std::byte> bytes(10 * 513, std::byte{1});
  const Message good = written(list_of(512));
  bytes.insert(bytes.end(), good.bytes.begin(), good.bytes.end());
  WireReader reader(bytes);
  EXPECT_THROW(reader.read<Link>(), Error);
  reader.read_bytes(reader.bytes_left() - good.bytes.size());
  EXPECT_EQ(length(reader.read<Link>()), 512);
}

}  // namespace
}  // namespace thrum
