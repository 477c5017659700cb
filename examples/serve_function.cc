// A function over HTTP.   curl '127.0.0.1:4000/F?x=2'
#include <string>

#include "thrum/thrum.h"

double F(double x) {
  return x * x + 1;
}

int main(int argc, char** argv) {
  thrum::Server server;
  server.get("/F", [](const thrum::HttpRequest& request) {
    return thrum::text_response(std::to_string(F(thrum::query_number(request.query, "x"))) + "\n");
  });
  server.init(argc, argv);
  server.serve({.bind = "127.0.0.1:4000", .workers = 4});
}
