// A million mangled sentences: whatever parses says the same in its usual form.
#include "support/sentences.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "breaker/text/sentence.hpp"

/// Takes how many; nothing: a million.
int main(int argc, char** argv) {
  const long count = argc > 1 ? std::atol(argv[1]) : 1'000'000;
  breaker::MangledSentences mangled{11};
  long accepted = 0;
  for (long i = 0; i < count; ++i) {
    const std::string sentence = mangled.next();
    if (!breaker::is_right(sentence)) {
      std::printf("WRONG: %s\n", sentence.c_str());
      return 1;
    }
    accepted += breaker::parse(sentence) ? 1 : 0;
  }
  std::printf(
      "%ld mangled sentences, %ld accepted: each says the same in its usual form; they agree\n",
      count, accepted);
  return accepted > count / 4 ? 0 : 1;
}
