#include "thrum/serve/routes.h"

#include <gtest/gtest.h>

#include "thrum/core/error.h"

namespace thrum {
namespace {

RouteHandler answering(std::string text) {
  return [text](const HttpRequest&) { return text_response(text); };
}

std::string refusal(Routes& routes, HttpMethod method, const std::string& path) {
  try {
    routes.add(method, path, answering(""));
  } catch (const Error& error) {
    return error.what();
  }
  return "added";
}

TEST(Routes, FindsByMethodAndPath) {
  Routes routes;
  routes.add(HttpMethod::get, "/a", answering("get a"));
  routes.add(HttpMethod::post, "/a", answering("post a"));
  ASSERT_NE(routes.find(HttpMethod::post, "/a"), nullptr);
  EXPECT_EQ(routes.find(HttpMethod::post, "/a")->handler({}).body, "post a");
  EXPECT_EQ(routes.find(HttpMethod::put, "/a"), nullptr);
  EXPECT_EQ(routes.find(HttpMethod::get, "/a/"), nullptr);
}

TEST(Routes, LetGetTakeHead) {
  Routes routes;
  routes.add(HttpMethod::get, "/a", answering("get a"));
  ASSERT_NE(routes.find(HttpMethod::head, "/a"), nullptr);
  EXPECT_EQ(routes.find(HttpMethod::head, "/a")->handler({}).body, "get a");
}

TEST(Routes, NameTheMethodsOfAPath) {
  Routes routes;
  routes.add(HttpMethod::get, "/a", answering(""));
  routes.add(HttpMethod::del, "/a", answering(""));
  EXPECT_EQ(routes.allow("/a"), "GET, HEAD, DELETE, OPTIONS");
  EXPECT_EQ(routes.allow("/b"), "");
}

TEST(Routes, RefuseWhatIsNoPathOrThereAlready) {
  Routes routes;
  EXPECT_EQ(refusal(routes, HttpMethod::get, "/a"), "added");
  EXPECT_EQ(refusal(routes, HttpMethod::post, "/a"), "added");
  EXPECT_EQ(refusal(routes, HttpMethod::get, "/a"), "[serve] the route GET /a is there already");
  EXPECT_EQ(refusal(routes, HttpMethod::get, "a"), "[serve] expected a path that begins with \"/\", got \"a\"");
  EXPECT_EQ(refusal(routes, HttpMethod::get, ""), "[serve] expected a path that begins with \"/\", got \"\"");
}

}  // namespace
}  // namespace thrum
