#include "thrum/core/printable.h"

#include <gtest/gtest.h>

namespace thrum {
namespace {

TEST(Printable, LeavesTextAsItIs) {
  EXPECT_EQ(printable("Zürich → 東京 \\ \"x\""), "Zürich → 東京 \\ \"x\"");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, EscapesWhatSteersATerminal) {
  EXPECT_EQ(printable("\x1b[31mred\x7F"), "\\x1b[31mred\\x7f");
  EXPECT_EQ(printable("two\r\nlines\t."), "two\\x0d\\x0alines\\x09.");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m\xC2\xA0."),
            "\\xc2\\x9b31m\xC2\xA0.");
  EXPECT_EQ(printable("a\u202Eb\u2028c\u2069\u200Fd\u2013"),
            "a\\xe2\\x80\\xaeb\\xe2\\x80\\xa8c\\xe2\\x81\\xa9\\xe2\\x80\\x8fd\u2013");
}

TEST(Printable, EscapesBytesThatAreNoCharacter) {
  EXPECT_EQ(printable("caf\xE9 \xF0\x9F\x98"), "caf\\xe9 \\xf0\\x9f\\x98");
}

TEST(Printable, CutsBetweenCharactersAndSaysSo) {
  EXPECT_EQ(printable("äöü", 3), "äöü");
  EXPECT_EQ(printable("äöüß", 3), "äöü…");
  EXPECT_EQ(printable(std::string(50'000'000, 'x')), std::string(60, 'x') + "…");
}

TEST(Printable, QuotesForMessages) {
  EXPECT_EQ(in_quotes("a\nb"), "\"a\\x0ab\"");
}

TEST(Printable, KeepsTheLinesOfWholeMessages) {
  EXPECT_EQ(without_controls("one\n\ttwo\r\x1b" + std::string(100, 'x')),
            "one\n\ttwo\\x0d\\x1b" + std::string(100, 'x'));
}

}  // namespace
}  // namespace thrum
