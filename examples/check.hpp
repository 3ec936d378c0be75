// check(): an example says what holds, each sentence once. If it does not hold, it ends with exit code 1.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

inline void check(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "it does not hold that %s\n", what);
    std::exit(1);
  }
  static std::set<std::string> said;
  if (said.insert(what).second) std::puts(what);
}
