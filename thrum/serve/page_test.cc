#include <gmock/gmock.h>

#include "thrum/serve/protocol_fixture_test.h"

namespace thrum {
namespace {

using testing::HasSubstr;
using testing::Not;

HttpResponse ask(Schema schema, std::string_view accept) {
  return Protocol(std::move(schema)).ask(HttpMethod::get, "/", "", {{"Accept", accept}});
}

TEST(Page, IsForBrowsers) {
  const Schema schema = people_schema(Task::classification);
  const HttpResponse page = ask(schema, "text/html,application/xhtml+xml,*/*;q=0.8");
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(page.fields, HasSubstr("Content-Security-Policy: default-src 'none';"));
  EXPECT_THAT(page.body, HasSubstr(R"({"name":"age","type":"number","categories":[],"example":40.12})"));
  const HttpResponse list = ask(schema, "*/*");
  EXPECT_EQ(list.content_type, "application/json");
  EXPECT_THAT(list.body, HasSubstr(R"("GET /openapi.json")"));
  EXPECT_EQ(list.fields, "Vary: Accept\r\n");
}

TEST(Page, LoadsNothingFromElsewhere) {
  const std::string body = ask(people_schema(Task::classification), "text/html").body;
  EXPECT_THAT(body, Not(testing::ContainsRegex("(src|href)=\"(https?:)?//")));
}

TEST(Page, NamesOfTheModelAreNoHtml) {
  Schema schema = people_schema(Task::classification);
  schema.target.classes = {"</script><script>alert(1)</script>", "b"};
  EXPECT_THAT(ask(schema, "text/html").body, HasSubstr(R"(["\u003c/script>\u003cscript>alert(1)\u003c/script>","b"])"));
}

}  // namespace
}  // namespace thrum
