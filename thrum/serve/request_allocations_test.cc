// A request of one row, with every buffer warm, needs no memory of its own; one that finds none is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "thrum/model/prepared_fixture_test.h"
#include "thrum/runtime/sanitized_test.h"
#include "thrum/serve/fake_predictor_test.h"
#include "thrum/serve/http_session.h"
#include "thrum/serve/router_internal.h"

namespace {

thread_local std::size_t n_allocations = 0;
thread_local std::size_t failing = 0;  // the number of the allocation that fails

#if !THRUM_SANITIZED  // a sanitizer counts in its own way, and wants no other
void* allocate(std::size_t size) {
  if (++n_allocations == failing) throw std::bad_alloc();
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
#endif

}  // namespace

#if !THRUM_SANITIZED

void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

#endif

namespace thrum {
namespace {

std::string request_of(const std::string& path, const std::string& body) {
  return "POST " + path +
         " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

class RequestAllocations : public testing::Test {
 protected:
  void SetUp() override {
    if (THRUM_SANITIZED) GTEST_SKIP() << "a sanitizer allocates for itself";
  }

  /// Of the tenth of ten equal requests.
  std::size_t count(const std::string& path, const std::string& body) {
    const std::string request = request_of(path, body);
    std::size_t before = 0;
    for (int i = 0; i < 10; ++i) {
      before = n_allocations;
      session.receive(request);
      EXPECT_TRUE(session.unsent().starts_with("HTTP/1.1 200")) << session.unsent();
      session.sent(session.unsent().size());
    }
    return n_allocations - before;
  }

  std::vector<serving::ServedModel> models = fake_models(people_schema(Task::classification));
  serving::Router router{models, 100};
  HttpSession::Context context{router};
  HttpSession session{context};
};

TEST_F(RequestAllocations, NoneForARow) {
  const std::string row = R"({"instances":[{"age":39,"work class":"Private","hours":40.5}]})";
  EXPECT_EQ(count("/predict", row), 0u);
  EXPECT_EQ(count("/predict", R"({"instances":[[39,"Private",40.5]]})"), 0u);
  EXPECT_EQ(count("/invocations", row), 0u);
  EXPECT_EQ(count("/v1/models/people:predict", row), 0u);
}

TEST_F(RequestAllocations, NoneForTensors) {
  EXPECT_EQ(count("/v2/models/people/infer", R"({"inputs":[
      {"name":"age","shape":[1],"datatype":"FP64","data":[39]},{"name":"hours","shape":[1],"datatype":"FP64","data":[40]},
      {"name":"work class","shape":[1],"datatype":"BYTES","data":["Private"]}]})"),
            0u);
}

/// The reply of a worker that has answered nothing yet, where its `nth` allocation fails.
std::string reply_without(std::size_t nth, const std::vector<serving::ServedModel>& models, const std::string& request,
                          bool gathers) {
  serving::Router router(models, 100);
  HttpSession::Context context{router};
  context.may_wait = gathers;
  HttpSession session(context);
  failing = n_allocations + nth;
  session.receive(request);
  if (session.waits()) {
    router.predict_gathered();
    session.answer_gathered(0);
  }
  const bool has_failed = n_allocations >= std::exchange(failing, 0);
  if (!has_failed) return "no such allocation";
  const std::string reply(session.unsent());
  HttpSession next(context);
  next.receive(request);
  if (next.waits()) {
    router.predict_gathered();
    next.answer_gathered(0);
  }
  EXPECT_THAT(std::string(next.unsent()), testing::StartsWith("HTTP/1.1 200")) << "after allocation " << nth;
  return reply;
}

/// In a thread that has no buffers from predictions before.
std::string reply_of_new_thread_without(std::size_t nth, const std::vector<serving::ServedModel>& models,
                                        const std::string& request, bool gathers) {
  std::string reply;
  std::thread([&] { reply = reply_without(nth, models, request, gathers); }).join();
  return reply;
}

/// Each allocation that the request takes fails once: the number of them.
std::size_t fail_each(const std::vector<serving::ServedModel>& models, const std::string& path, const std::string& body,
                      bool gathers) {
  const std::string request = request_of(path, body);
  std::size_t n = 0;
  for (std::string reply;
       (reply = reply_of_new_thread_without(n + 1, models, request, gathers)) != "no such allocation"; ++n) {
    EXPECT_THAT(reply, testing::AllOf(testing::StartsWith("HTTP/1.1 503"),
                                      testing::HasSubstr("[serve] out of memory for this request")))
        << path << " " << n + 1;
  }
  return n;
}

TEST_F(RequestAllocations, AnyOfThemMayFail) {
  const std::string rows = R"({"instances":[[39,"Private",40.5],[16,"a category without a name",0]]})";
  for (const std::string path : {"/predict", "/v1/models/people:predict", "/invocations"}) {
    for (const bool gathers : {false, true}) EXPECT_GE(fail_each(models, path, rows, gathers), 8u);
  }
}

TEST_F(RequestAllocations, AnyOfThoseBehindAPipelineMayFail) {
  const auto open = [](ByteSpan image) {
    std::vector<serving::ServedModel> opened;
    opened.push_back({"people", "1", open_predictor(image)});
    return opened;
  };
  const Dataset raw = model_test::raw_dataset(30);
  const auto joint = model_test::prepared_model(raw, "impute; normalize; one-hot").compile();
  const std::string rows = R"({"instances":[[3,"a"],[null,"b"]])";
  for (const bool gathers : {false, true}) EXPECT_GE(fail_each(open(joint), "/predict", rows + "}", gathers), 12u);
  const auto explaining = model_test::prepared_model(raw).compile_to_explain();
  EXPECT_GE(fail_each(open(explaining), "/predict", rows + R"(,"explain":true})", false), 12u);
}

}  // namespace
}  // namespace thrum
