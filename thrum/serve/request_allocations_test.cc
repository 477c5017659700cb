// A request of one row, with every buffer warm, needs no memory of its own.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>

#include "thrum/runtime/sanitized_test.h"
#include "thrum/serve/fake_predictor_test.h"
#include "thrum/serve/http_session.h"
#include "thrum/serve/router_internal.h"

namespace {

thread_local std::size_t n_allocations = 0;

#if !THRUM_SANITIZED  // a sanitizer counts in its own way, and wants no other
void* allocate(std::size_t size) {
  ++n_allocations;
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

class RequestAllocations : public testing::Test {
 protected:
  void SetUp() override {
    if (THRUM_SANITIZED) GTEST_SKIP() << "a sanitizer allocates for itself";
  }

  /// Of the tenth of ten equal requests.
  std::size_t count(const std::string& path, const std::string& body) {
    const std::string request =
        "POST " + path +
        " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body;
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

}  // namespace
}  // namespace thrum
