// Pool(initializer=load, initargs=...): what every worker prepares once.
#include <iostream>
#include <numeric>
#include <ranges>
#include <vector>

#include "thrum/thrum.h"

namespace {

std::vector<int> table;  // each process has its own

void load(int size) {
  table.resize(static_cast<std::size_t>(size));
  std::iota(table.begin(), table.end(), 100);
}

int look_up(int i) {
  return table.at(static_cast<std::size_t>(i));
}

}  // namespace

int main(int argc, char** argv) {
  thrum::init(argc, argv);
  thrum::ProcessPool pool({.workers = 2}, &load, 10);
  std::cout << "looked up " << pool.map(&look_up, std::views::iota(0, 10)).back() << "; here the table has "
            << table.size() << " entries\n";
}
