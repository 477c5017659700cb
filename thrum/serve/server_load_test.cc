#include "thrum/serve/server_load_test.h"

#include <algorithm>
#include <memory>
#include <ranges>

#include "thrum/serve/server_fixture_test.h"

namespace thrum {

TestLoad::TestLoad(std::uint16_t port, int n_clients) : n_answered_to_(static_cast<std::size_t>(n_clients)) {
  clients_.reserve(n_answered_to_.size());
  for (std::size_t i = 0; i < n_answered_to_.size(); ++i) {
    clients_.emplace_back([this, port, i] { run(port, i); });
  }
}

TestLoad::~TestLoad() {
  stop();
}

void TestLoad::run(std::uint16_t port, std::size_t client_index) {
  const bool keeps_connection = client_index % 2 == 0;
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
    ++n_answered_to_[client_index];
    if (!keeps_connection || reply.find("\r\nConnection: close\r\n") != std::string::npos) {
      client = std::make_unique<TestClient>(port);
    }
  }
}

bool TestLoad::goes_on(int n_more) const {
  const int before = n_answered_;
  return becomes_true([&] { return n_answered_ >= before + n_more; });
}

bool TestLoad::goes_on_for_everyone() const {
  const std::vector<int> before(n_answered_to_.begin(), n_answered_to_.end());
  const auto is_answered = [&](std::size_t client) { return n_answered_to_[client] > before[client]; };
  return becomes_true(
      [&] { return std::ranges::all_of(std::views::iota(std::size_t{0}, before.size()), is_answered); });
}

void TestLoad::stop() {
  is_over_ = true;
  for (std::thread& client : clients_) {
    if (client.joinable()) client.join();
  }
}

}  // namespace thrum
