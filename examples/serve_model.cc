// A model with a route of its own beside it.   usage: serve_model MODEL.thrum HOST:PORT
#include <exception>
#include <iostream>

#include "thrum/thrum.h"

int main(int argc, char** argv) try {
  thrum::Server server;
  server.get("/about", [](const thrum::HttpRequest&) { return thrum::text_response("A model of ours.\n"); });
  server.init(argc, argv);  // a worker process works here and does not return

  if (argc != 3) throw thrum::Error(thrum::ErrorCode::invalid_argument, "usage: serve_model MODEL.thrum HOST:PORT");
  server.serve(*thrum::load_model(argv[1]), {.bind = argv[2], .workers = 2});
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
