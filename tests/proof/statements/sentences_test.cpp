// A million mangled sentences, and as many mangled keys and values: whatever parses says the same in its usual form.
#include "support/sentences.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "breaker/text/pairs.hpp"
#include "breaker/text/sentence.hpp"

namespace {

/// **Returns** how many of `count` were accepted; -1: one was not as it should be.
long accepted_sentences(long count) {
  breaker::MangledSentences mangled{11};
  long accepted = 0;
  for (long i = 0; i < count; ++i) {
    const std::string sentence = mangled.next();
    if (!breaker::is_right(sentence)) {
      std::printf("WRONG: %s\n", sentence.c_str());
      return -1;
    }
    accepted += breaker::parse(sentence) ? 1 : 0;
  }
  return accepted;
}

long accepted_pairs(long count) {
  breaker::MangledSentences mangled{12};
  long accepted = 0;
  for (long i = 0; i < count; ++i) {
    const auto pairs = mangled.next_pairs();
    std::size_t longest = 0;
    for (const auto& [key, value] : pairs) longest = std::max({longest, key.size(), value.size()});
    const breaker::Parsed answer = breaker::from_pairs(pairs);
    if (!breaker::is_right(answer, longest)) {
      for (const auto& [key, value] : pairs)
        std::printf("WRONG: %s: %s\n", key.c_str(), value.c_str());
      return -1;
    }
    accepted += answer ? 1 : 0;
  }
  return accepted;
}

}  // namespace

/// Takes how many; nothing: a million.
int main(int argc, char** argv) {
  const long count = argc > 1 ? std::atol(argv[1]) : 1'000'000;
  const long sentences = accepted_sentences(count);
  const long pairs = accepted_pairs(count);
  std::printf(
      "of %ld mangled sentences %ld are accepted, of as many lists of pairs %ld: each and its "
      "usual "
      "form agree\n",
      count, sentences, pairs);
  return sentences > count / 4 && pairs > count / 4 ? 0 : 1;
}
