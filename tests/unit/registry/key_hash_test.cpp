#include "breaker/registry/key_hash.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using breaker::detail::fold;
using breaker::detail::fold_by_halves;
using breaker::detail::KeyHash;
using breaker::detail::mix;

namespace {

constexpr std::uint64_t buckets = 1024;

/// **Returns** how many of `keys` the fullest of 1024 buckets holds, by the bits that choose a slot.
std::size_t fullest_bucket(const KeyHash& hash, const std::vector<std::string>& keys) {
  std::vector<std::size_t> counts(buckets);
  for (const std::string& key : keys)
    ++counts[static_cast<std::size_t>((hash(key) >> 32) * buckets >> 32)];
  return *std::max_element(counts.begin(), counts.end());
}

/// **Returns** `count` keys that `hash` puts into the first of 1024 buckets.
std::vector<std::string> flood_against(const KeyHash& hash, std::size_t count) {
  std::vector<std::string> keys;
  for (int i = 0; keys.size() < count; ++i) {
    std::string key = "host-" + std::to_string(i);
    if ((hash(key) >> 32) * buckets >> 32 == 0) keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace

TEST_CASE("a product folds alike with an integer of 128 bits and without one") {
  constexpr std::uint64_t most = ~std::uint64_t{0};
  STATIC_REQUIRE(fold_by_halves(0, most) == 0);
  STATIC_REQUIRE(fold_by_halves(1, most) == most);
  STATIC_REQUIRE(fold_by_halves(most, 2) == most);
  STATIC_REQUIRE(fold_by_halves(most << 32, most << 32) == 0xfffffffe00000001);
  STATIC_REQUIRE(fold_by_halves(0x0123456789abcdef, 0xfedcba9876543210) == 0x2317228f48165bb2);
  STATIC_REQUIRE(fold_by_halves(0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9) == 0xa035e2cc637f5704);

  for (std::uint64_t i = 0; i < 100'000; ++i) {
    const std::uint64_t a = mix(2 * i) >> i % 64;
    const std::uint64_t b = mix(2 * i + 1) << i / 64 % 64;
    CAPTURE(a, b);
    REQUIRE(fold_by_halves(a, b) == fold(a, b));
  }
}

TEST_CASE("equal texts hash alike, wherever they stand in memory") {
  const KeyHash hash{7};
  const std::string text = "the quick brown fox jumps over the lazy dog";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    CAPTURE(length);
    const std::string shifted = "x" + text.substr(0, length);

    CHECK(hash(std::string_view{text}.substr(0, length)) ==
          hash(std::string_view{shifted}.substr(1)));
  }
}

TEST_CASE("texts of any length that differ in one bit, or by a zero at the end, hash differently") {
  const KeyHash hash{7};
  std::set<std::uint64_t> seen;
  std::size_t texts = 0;
  for (std::size_t length = 0; length <= 70; ++length) {
    std::string text(length, '\0');
    seen.insert(hash(text));
    ++texts;
    for (std::size_t bit = 0; bit < 8 * length; ++bit) {
      text[bit / 8] = static_cast<char>(1 << bit % 8);
      seen.insert(hash(text));
      ++texts;
      text[bit / 8] = '\0';
    }
  }

  CHECK(seen.size() == texts);
}

TEST_CASE("each bit of a key moves about half of the hash's bits") {
  const KeyHash hash{7};
  for (const std::size_t length : {1U, 3U, 4U, 7U, 8U, 15U, 16U, 17U, 33U, 64U}) {
    const std::string text(length, 'a');
    for (std::size_t bit = 0; bit < 8 * length; ++bit) {
      int moved = 0;
      for (std::uint64_t seed = 1; seed <= 64; ++seed) {
        std::string other = text;
        other[bit / 8] = static_cast<char>(other[bit / 8] ^ 1 << bit % 8);
        moved += std::popcount(KeyHash{seed}(text) ^ KeyHash{seed}(other));
      }
      CAPTURE(length, bit);
      REQUIRE(moved > 64 * 26);
      REQUIRE(moved < 64 * 38);
    }
  }
}

TEST_CASE("keys that were chosen to meet under one seed spread under another") {
  const auto flood = flood_against(KeyHash{1}, 2000);

  CHECK(fullest_bucket(KeyHash{1}, flood) == 2000);
  for (std::uint64_t seed = 2; seed < 20; ++seed) {
    CAPTURE(seed);
    CHECK(fullest_bucket(KeyHash{seed}, flood) < 20);  // 2 on average
  }
}

TEST_CASE("numbered keys, as hosts have them, spread evenly") {
  std::vector<std::string> hosts;
  for (int i = 0; i < 100'000; ++i)
    hosts.push_back("10." + std::to_string(i / 65536) + "." + std::to_string(i / 256 % 256) + "." +
                    std::to_string(i % 256) + ":8080");

  CHECK(fullest_bucket(KeyHash{3}, hosts) < 160);  // 98 on average, six sigma above is 157
}

TEST_CASE("the hash is what its definition says, computed elsewhere") {
  // By a program of large integers that knows no 64 bits; texts are read as little-endian numbers.
  struct Hash {
    std::size_t length;
    std::uint64_t value;
  };
  constexpr Hash hashes[] = {
      {0, 0xce6a2d080be88f07},  {1, 0x6eb43292356046e1},  {2, 0x58681de3fa705acc},
      {3, 0xf8e58b9bf85e0f14},  {4, 0xc846bc8eda64e403},  {7, 0xa843aadb4f477c86},
      {8, 0xd15836b8baeb66e6},  {9, 0xa07774ddae882586},  {16, 0xde66d573675b66b1},
      {17, 0xb779f6679dcd91f6}, {32, 0x6a428ca3ab79d47a}, {33, 0x68ab919b2920dc6f},
  };
  if constexpr (std::endian::native == std::endian::little) {
    for (const Hash& hash : hashes) {
      CAPTURE(hash.length);
      const std::string_view text{"abcdefghijklmnopqrstuvwxyz0123456789"};
      CHECK(KeyHash{7}(text.substr(0, hash.length)) == hash.value);
    }
  }
}
