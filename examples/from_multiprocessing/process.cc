// multiprocessing.Process: a function in a process of its own.
#include <iostream>
#include <string>

#include "thrum/thrum.h"

namespace {

void greet(const std::string& name) {
  std::cout << "hello, " << name << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  thrum::init(argc, argv);  // if __name__ == "__main__":
  thrum::Process process = thrum::spawn(&greet, "Ada");
  const thrum::ProcessEnd end = process.wait();
  std::cout << process.name() << " ended with " << end.describe() << "\n";
  return end.code;
}
