// multiprocessing.Queue: processes that hand each other work.
#include <iostream>
#include <string>

#include "thrum/thrum.h"

namespace {

void measure_words(const thrum::Queue<std::string>& words, const thrum::Queue<int>& lengths) {
  while (const auto word = words.get()) lengths.put(static_cast<int>(word->size()));  // until it is closed and empty
}

}  // namespace

int main(int argc, char** argv) {
  thrum::init(argc, argv);
  const thrum::Queue<std::string> words;
  const thrum::Queue<int> lengths;
  thrum::Process one = thrum::spawn(&measure_words, words, lengths);
  thrum::Process other = thrum::spawn(&measure_words, words, lengths);

  for (const char* word : {"many", "producers", "many", "consumers"}) words.put(word);
  words.close();
  one.wait();
  other.wait();
  lengths.close();

  int sum = 0;
  while (const auto length = lengths.get()) sum += *length;
  std::cout << "letters: " << sum << "\n";
}
