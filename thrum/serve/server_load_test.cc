#include "thrum/serve/server_load_test.h"

#include <memory>

#include "thrum/serve/server_fixture_test.h"

namespace thrum {

TestLoad::TestLoad(std::uint16_t port, int n_clients) {
  clients_.reserve(static_cast<std::size_t>(n_clients));
  for (int i = 0; i < n_clients; ++i) {
    clients_.emplace_back([this, port, i] { run(port, i % 2 == 0); });
  }
}

TestLoad::~TestLoad() {
  stop();
}

void TestLoad::run(std::uint16_t port, bool keeps_connection) {
  auto client = std::make_unique<TestClient>(port);
  for (int age = 0; !is_over_; age = (age + 1) % 64) {
    std::string reply = client->ask(ask_for(age));
    if (reply.empty() && !client->has_begun()) {
      ++n_repeated_;
      client = std::make_unique<TestClient>(port);
      reply = client->ask(ask_for(age));
    }
    n_broken_ += reply.empty() && client->has_begun();
    n_lost_ += reply.empty();
    n_wrong_ += !reply.empty() && !reply.ends_with(prediction(age));
    ++n_answered_;
    if (!keeps_connection || reply.find("\r\nConnection: close\r\n") != std::string::npos) {
      client = std::make_unique<TestClient>(port);
    }
  }
}

bool TestLoad::goes_on(int n_more) const {
  const int before = n_answered_;
  return becomes_true([&] { return n_answered_ >= before + n_more; });
}

void TestLoad::stop() {
  is_over_ = true;
  for (std::thread& client : clients_) {
    if (client.joinable()) client.join();
  }
}

}  // namespace thrum
