// Keys that are written once, word by word.
#include "breaker/shared_memory/key.hpp"

#include <cstring>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace breaker::detail;
using Match = SharedKey::Match;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

std::string read_back(std::string_view key) {
  SharedKey place;
  const KeyWords words{key};
  return words.count() != 0 && place.claim(words) && place.complete(words)
             ? std::string{place.text()}
             : "(none)";
}

/// Write the first `count` words of `key` alone: who wrote them died.
void begin(SharedKey& place, std::string_view key, std::size_t count) {
  std::memcpy(static_cast<void*>(&place), key.data(), 8 * count);
}

}  // namespace

TEST_CASE("a key is read back as it was written, up to 63 bytes") {
  std::string key;
  for (std::size_t size = 0; size <= KeyWords::longest; ++size, key += "abcdefghi"[size % 9])
    CHECK(read_back(key) == key);
  CHECK(KeyWords::longest == 63);
  CHECK(KeyWords{std::string(64, 'x')}.count() == 0);
  CHECK(read_back("\xf0\x9f\x98\x80 caf\xc3\xa9 \x7f\x01") ==
        "\xf0\x9f\x98\x80 caf\xc3\xa9 \x7f\x01");
  CHECK(read_back({}) == "");
}

TEST_CASE("a place without a whole key has no text") {
  SharedKey place;
  CHECK(place.text().data() == nullptr);
  begin(place, "payments.example", 1);
  CHECK(place.text().data() == nullptr);
  CHECK(place.is_taken());
}

TEST_CASE("no word of a key is 0, and no key is the beginning of another one") {
  // Bytes that could end a key, where they could.
  std::vector<std::string> keys{""};
  for (const std::size_t size : {1U, 6U, 7U, 8U, 9U, 15U, 16U}) {
    for (const char letter : {'\0', '\x01', 'a', '\xfe', '\xff'}) {
      keys.emplace_back(size, letter);
      keys.push_back(std::string(size, 'a') + letter);
      keys.push_back("a" + std::string(size, letter));
    }
  }
  std::set<std::string> seen;
  for (const std::string& key : keys) {
    const KeyWords words{key};
    if (words.count() == 0 || !seen.insert(key).second) continue;
    for (std::size_t i = 0; i < words.count(); ++i) CHECK(words[i] != 0);
    CHECK(read_back(key) == key);
    for (const std::string& other : keys) {
      const KeyWords others{other};
      if (key == other || others.count() == 0) continue;
      SharedKey place;
      place.claim(others);
      place.complete(others);
      CHECK(place.compare(words) == Match::other);
    }
  }
  CHECK(seen.size() > 40);
  CHECK(KeyWords{"1234567\0x"sv}.count() == 0);
  CHECK(KeyWords{"1234567\xffx"sv}.count() == 0);
}

TEST_CASE("whoever wants a key completes the one that a dead process began") {
  const std::string key = "payments.example:8443";
  for (std::size_t count = 0; count <= 3; ++count) {
    SharedKey place;
    const KeyWords words{key};
    begin(place, words.bytes(), count);
    CHECK(place.compare(words) == (count == 3 ? Match::same : Match::open));
    if (count == 0) CHECK(place.claim(words));

    CHECK(place.complete(words));

    CHECK(place.text() == key);
    CHECK(place.compare(words) == Match::same);
  }
}

TEST_CASE("of two keys that begin alike, the one that writes the next word first gets the place") {
  SharedKey place;
  const KeyWords dead{"payments.one"};
  const KeyWords other{"payments.two"};
  begin(place, dead.bytes(), 1);
  CHECK(place.compare(other) == Match::open);

  CHECK(place.complete(other));

  CHECK(place.text() == "payments.two");
  CHECK(place.compare(dead) == Match::other);
  CHECK_FALSE(place.complete(dead));
  CHECK(place.text() == "payments.two");
}

TEST_CASE("a place is claimed once") {
  SharedKey place;
  CHECK(place.claim(KeyWords{"one"}));
  CHECK_FALSE(place.claim(KeyWords{"one"}));
  CHECK_FALSE(place.claim(KeyWords{"two"}));
  CHECK_FALSE(place.complete(KeyWords{"two"}));
  CHECK(place.text() == "one");
}
