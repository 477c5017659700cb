// Flask's first example, with four worker processes.   curl 127.0.0.1:4000/
#include "thrum/thrum.h"

int main(int argc, char** argv) {
  thrum::Server server;
  server.get("/", [](const thrum::HttpRequest&) { return thrum::text_response("Hello, World!\n"); });
  server.init(argc, argv);
  server.serve({.bind = "127.0.0.1:4000", .workers = 4});
}
