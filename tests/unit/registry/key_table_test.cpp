// KeyTable, labels and tails: where a search begins, and where it ends while keys come and go.
#include "breaker/registry/key_table.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "breaker/registry/house.hpp"
#include "breaker/registry/key_hash.hpp"
#include "support/catch.hpp"

using namespace breaker::detail;

namespace {

/// Labels under keys, as a registry has them, but without circuits.
class Keys {
 public:
  explicit Keys(std::size_t capacity) : house_{capacity, 1} {}
  ~Keys() {
    for (PlaceLabel& label : labels_) {
      if (label.stamp() != nobody) house_.give_back(label);
    }
  }

  void add(const std::string& key) {
    PlaceLabel* label = house_.take_free();
    if (label == nullptr) label = &labels_.emplace_back(house_);
    const LabelWords words{key};
    const std::uint64_t hash = house_.table().hash(key);
    label->write(words, house_.lend_tail(words, hash));
    label->hand_to(house_.next_stamp());
    house_.add(*label, hash);
  }
  [[nodiscard]] PlaceLabel* find(const std::string& key) const {
    return house_.table().find(LabelWords{key}, house_.table().hash(key)).label;
  }
  void erase(const std::string& key) {
    PlaceLabel& label = *find(key);
    label.vacate();
    house_.remove(label);
    house_.give_back(label);
  }
  [[nodiscard]] std::size_t labels() const { return labels_.size(); }

  House house_;

 private:
  std::deque<PlaceLabel> labels_;
};

std::string text_of(const PlaceLabel& label) {
  std::string text(label.size(), '#');
  CHECK(label.copy_key(text.data(), text.size()) == text.size());
  return text;
}

std::string key_of(std::size_t length, unsigned number) {
  std::string key(length, 'x');
  for (std::size_t i = 0; i < length; ++i, number /= 10)
    key[(i * 7) % length] = static_cast<char>('0' + number % 10);
  return key;
}

}  // namespace

TEST_CASE("a search begins anywhere in the table, from its first slot to its last") {
  for (const std::size_t slots : {2U, 6U, 1'000'000'000U}) {
    CAPTURE(slots);
    CHECK(first_slot(0, slots) == 0);
    CHECK(first_slot(std::uint64_t{1} << 63, slots) == slots / 2);
    CHECK(first_slot(~std::uint64_t{0}, slots) == slots - 1);
  }
}

TEST_CASE("half as many keys as slots meet in no slot more often than chance would have it") {
  constexpr std::size_t slots = 20'000;
  const KeyHash hash{1};
  std::vector<int> keys(slots);
  for (std::size_t i = 0; i < slots / 2; ++i)
    ++keys[first_slot(hash("host-" + std::to_string(i)), slots)];

  CHECK(*std::max_element(keys.begin(), keys.end()) <= 8);
  // Of slots / 2 keys that are thrown at random, 1 - e^(-1/2) of the slots are hit: 39.3 %.
  CHECK(std::count_if(keys.begin(), keys.end(), [](int n) { return n > 0; }) > 7'700);
}

TEST_CASE("a label gives back every key that is written on it, and is for no other") {
  Keys keys{1};
  for (std::size_t length = 0; length < 150; ++length) {
    const std::string key = length == 0 ? "" : key_of(length, 123'456'789);
    CAPTURE(length);
    keys.add(key);
    PlaceLabel* const label = keys.find(key);
    REQUIRE(label != nullptr);
    CHECK(text_of(*label) == key);
    char beginning[20];
    CHECK(label->copy_key(beginning, sizeof beginning) == std::min<std::size_t>(length, 20));
    CHECK(key.starts_with(std::string_view{beginning, std::min<std::size_t>(length, 20)}));
    CHECK(label->copy_key(beginning, 9) == std::min<std::size_t>(length, 9));
    CHECK(key.starts_with(std::string_view{beginning, std::min<std::size_t>(length, 9)}));
    for (std::size_t i = 0; i < length; ++i) {
      std::string other = key;
      other[i] = static_cast<char>(other[i] + 1);
      CHECK_FALSE(label->is_for(LabelWords{other}));
    }
    CHECK_FALSE(label->is_for(LabelWords{key + '\0'}));
    keys.erase(key);
    CHECK(keys.find(key) == nullptr);
  }
  CHECK(keys.labels() == 1);
}

TEST_CASE("keys that come and go, in a full table, are found while they are there") {
  constexpr std::size_t capacity = 40;
  Keys keys{capacity};
  std::map<std::string, bool> there;
  std::mt19937 random{1};
  std::size_t size = 0;
  for (int step = 0; step < 20'000; ++step) {
    const std::string key = key_of(5 + random() % 60, static_cast<unsigned>(random() % 3));
    bool& is_there = there[key];
    if (is_there) {
      keys.erase(key);
      --size;
    } else if (size < capacity) {
      keys.add(key);
      ++size;
    } else {
      continue;
    }
    is_there = !is_there;
    if (step % 50 == 0) {
      for (const auto& [each, each_is_there] : there)
        REQUIRE((keys.find(each) != nullptr) == each_is_there);
    }
  }
  CHECK(keys.house_.size() == size);
  CHECK(keys.labels() <= capacity);
}

TEST_CASE("finding takes a mark away, and nothing else") {
  Keys keys{4};
  keys.add("a");
  PlaceLabel& label = *keys.find("a");
  const Stamp owner = label.stamp();
  CHECK(label.set_mark(owner));
  CHECK_FALSE(label.set_mark(owner));
  CHECK(label.has_owner(owner));
  CHECK_FALSE(label.is_still(owner));

  CHECK(keys.find("a") == &label);

  CHECK(label.is_still(owner));
  CHECK_FALSE(label.vacate_if_marked(owner));
  CHECK(label.set_mark(owner));
  CHECK(label.vacate_if_marked(owner));
  CHECK_FALSE(label.unmark(owner));
  CHECK(keys.find("a") == nullptr);
  label.hand_to(owner);  // for the end
}

TEST_CASE("no owner ever has the stamp of another, and free places are used oldest first") {
  Keys keys{3};
  std::vector<PlaceLabel*> places;
  for (const char* key : {"a", "b", "c"}) {
    keys.add(key);
    places.push_back(keys.find(key));
  }
  const Stamp last = places[2]->stamp();
  for (const char* key : {"b", "c", "a"}) keys.erase(key);
  for (const char* key : {"a", "b", "c"}) keys.add(key);

  CHECK(keys.find("a") == places[1]);
  CHECK(keys.find("b") == places[2]);
  CHECK(keys.find("c") == places[0]);
  CHECK(places[1]->stamp() > last);
}

TEST_CASE("tails come back by their size") {
  Tails tails;
  Tail* const nine = tails.lend(9);
  CHECK(nine->words() == 2);
  tails.take_back(nine);
  CHECK(tails.lend(16) == nine);
  Tail* const one = tails.lend(8);
  CHECK(one->words() == 1);
  Tail* const large = tails.lend(100'000);
  CHECK(large->words() == 16'384);
  for (Tail* const each : {nine, one, large}) tails.take_back(each);
  tails.take_back(nullptr);
}

TEST_CASE("a reader inside a tail that was handed on reads no further than it is long") {
  Tail tail{2};
  tail.write("0123456789abcdef");
  char text[40] = "";
  tail.copy(text, 40);

  CHECK(std::string{text} == "0123456789abcdef");
  CHECK(tail.is("01234567"));
  CHECK_FALSE(tail.is("0123456789abcdefg"));
}
