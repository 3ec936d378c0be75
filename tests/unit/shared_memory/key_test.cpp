// Keys that are written once, word by word.
#include "breaker/shared_memory/key.hpp"

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace breaker::detail;
using Match = SharedKey::Match;
using namespace std::string_view_literals;

namespace {

std::string read_back(std::string_view key) {
  SharedKey place;
  return place.complete(key) ? std::string{place.text()} : "(none)";
}

/// Write the first `count` words of `key` alone: who wrote them died.
void begin(SharedKey& place, std::string_view key, std::size_t count) {
  SharedKey whole;
  REQUIRE(whole.complete(key));
  std::memcpy(static_cast<void*>(&place), static_cast<void*>(&whole), 8 * count);
}

}  // namespace

TEST_CASE("a key is read back as it was written, up to 63 bytes") {
  std::string key;
  for (std::size_t size = 0; size <= KeyWords::longest; ++size) {
    CHECK(KeyWords::may_be(key));
    CHECK(read_back(key) == key);
    CHECK(KeyWords::count(key) == size / 8 + 1);
    key += "abcdefghi"[size % 9];
  }
  CHECK(KeyWords::longest == 63);
  CHECK_FALSE(KeyWords::may_be(std::string(64, 'x')));
  CHECK(read_back("\xf0\x9f\x98\x80 caf\xc3\xa9 \x7f\x01") ==
        "\xf0\x9f\x98\x80 caf\xc3\xa9 \x7f\x01");
  CHECK(read_back({}).empty());
}

TEST_CASE("no key has a byte that could be taken for its end, or for nothing") {
  CHECK_FALSE(KeyWords::may_be("1234567\0x"sv));
  CHECK_FALSE(KeyWords::may_be("\0"sv));
  CHECK_FALSE(KeyWords::may_be("1234567\xffx"));
  CHECK_FALSE(KeyWords::may_be("x\xff"));
}

TEST_CASE("no word of a key is 0, and no key is the beginning of another one") {
  std::vector<std::string> keys{""};
  for (const std::size_t size : {1U, 6U, 7U, 8U, 9U, 15U, 16U, 62U}) {
    for (const char letter : {'\x01', 'a', '\x80', '\xfe'}) {
      keys.emplace_back(size, letter);
      keys.push_back(std::string(size, 'b') + letter);
      keys.push_back("b" + std::string(size, letter));
    }
  }
  for (const std::string& key : keys) {
    for (std::size_t i = 0; i < KeyWords::count(key); ++i) CHECK(KeyWords::word(key, i) != 0);
    SharedKey place;
    REQUIRE(place.complete(key));
    for (const std::string& other : keys) {
      if (key != other) CHECK(place.compare(other) == Match::other);
      if (key != other) CHECK_FALSE(place.complete(other));
    }
    CHECK(place.compare(key) == Match::same);
    CHECK(place.text() == key);
  }
}

TEST_CASE("memory that somebody wrote over, without an end, is no key") {
  alignas(SharedKey) unsigned char memory[sizeof(SharedKey)];
  std::memset(memory, 1, sizeof memory);
  auto* const key = reinterpret_cast<SharedKey*>(memory);
  CHECK(key->text().empty());
}

TEST_CASE("whoever wants a key completes the one that a dead process began") {
  const std::string key = "payments.example:8443";
  for (std::size_t count = 0; count <= 3; ++count) {
    SharedKey place;
    begin(place, key, count);
    CHECK(place.compare(key) == (count == 3 ? Match::same : Match::open));
    CHECK((place.text().data() == nullptr) == (count < 3));

    CHECK(place.complete(key));

    CHECK(place.text() == key);
    CHECK(place.compare(key) == Match::same);
  }
}

TEST_CASE("of two keys that begin alike, the one that writes the next word first gets the place") {
  SharedKey place;
  begin(place, "payments.one", 1);
  CHECK(place.compare("payments.two") == Match::open);

  CHECK(place.complete("payments.two"));

  CHECK(place.text() == "payments.two");
  CHECK(place.compare("payments.one") == Match::other);
  CHECK_FALSE(place.complete("payments.one"));
  CHECK(place.text() == "payments.two");
}
