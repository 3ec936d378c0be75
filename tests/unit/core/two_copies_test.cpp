// TwoCopies: a value of any size, read whole while another thread replaces it.
#include "breaker/core/two_copies.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <thread>
#include <utility>

#include "support/catch.hpp"

using namespace breaker;

namespace {

template <std::size_t size>
struct Bytes {
  std::array<unsigned char, size> bytes;
  bool operator==(const Bytes&) const = default;
};

/// **Returns** bytes that all differ from those of a neighbouring `seed`.
template <std::size_t size>
constexpr Bytes<size> filled(unsigned seed) {
  Bytes<size> value{};
  for (std::size_t i = 0; i < size; ++i)
    value.bytes[i] = static_cast<unsigned char>(seed * 31 + i + 1);
  return value;
}

/// One writer's way to replace a value.
template <class T>
void replace(detail::TwoCopies<T>& copies, detail::SettingsVersion& version, const T& value) {
  copies.prepare(value, version);
  version.store(static_cast<std::uint16_t>(version.load(detail::relaxed) + 1), detail::release);
}

template <std::size_t size>
void check_size() {
  CAPTURE(size);
  detail::SettingsVersion version{0};
  detail::TwoCopies<Bytes<size>> copies{filled<size>(1)};
  CHECK(copies.read(version) == filled<size>(1));

  for (unsigned seed = 2; seed < 6; ++seed) {
    copies.prepare(filled<size>(seed), version);
    CHECK(copies.read(version) == filled<size>(seed - 1));  // not before its version counts
    version.store(static_cast<std::uint16_t>(seed - 1), detail::release);
    CHECK(copies.read(version) == filled<size>(seed));
  }
}

template <std::size_t... sizes>
void check_sizes(std::index_sequence<sizes...> /*sizes*/) {
  (check_size<sizes + 1>(), ...);
}

}  // namespace

TEST_CASE("a value of any size is read back, and replaced when its version counts") {
  check_sizes(std::make_index_sequence<33>{});
}

TEST_CASE("a version that comes round reads the right copy") {
  detail::SettingsVersion version{0xffff};
  detail::TwoCopies<Bytes<12>> copies{filled<12>(1)};

  replace(copies, version, filled<12>(2));

  CHECK(version.load(detail::relaxed) == 0);
  CHECK(copies.read(version) == filled<12>(2));
}

TEST_CASE("the first word of a value can be read alone") {
  struct Two {
    std::uint64_t first;
    std::uint64_t second;
  };
  detail::SettingsVersion version{0};
  detail::TwoCopies<Two> copies{Two{7, 8}};
  CHECK(copies.read_first(version) == 7);

  replace(copies, version, Two{9, 10});

  CHECK(copies.read_first(version) == 9);
}

TEST_CASE("two copies take twice the room of the value, in words of eight or four bytes") {
  STATIC_REQUIRE(sizeof(detail::TwoCopies<Bytes<4>>) == 8);
  STATIC_REQUIRE(sizeof(detail::TwoCopies<Bytes<8>>) == 16);
  STATIC_REQUIRE(sizeof(detail::TwoCopies<Bytes<24>>) == 48);
  STATIC_REQUIRE(sizeof(detail::TwoCopies<Bytes<5>>) == 16);
}

TEST_CASE("a value without members has its copies, and they are constants") {
  struct Nothing {
    bool operator==(const Nothing&) const = default;
  };
  detail::SettingsVersion version{0};
  static constinit detail::TwoCopies<Nothing> copies{Nothing{}};

  replace(copies, version, Nothing{});

  CHECK(copies.read(version) == Nothing{});
}

TEST_CASE("words are put together at compile time, what is behind the end counts as 0") {
  constexpr std::array<unsigned char, 3> bytes{1, 2, 3};
  std::uint32_t expected = 0;
  std::memcpy(&expected, bytes.data(), bytes.size());

  STATIC_REQUIRE(detail::word_at<std::uint32_t>(bytes, 3) == 0);
  CHECK(detail::word_at<std::uint32_t>(bytes, 0) == expected);
}

TEST_CASE("a value that is replaced meanwhile is read whole") {
  detail::SettingsVersion version{0};
  detail::TwoCopies<Bytes<28>> copies{filled<28>(0)};
  std::atomic<bool> is_over{false};
  int torn = 0;

  std::thread writer{[&] {
    for (unsigned seed = 1; seed <= 20'000; ++seed) replace(copies, version, filled<28>(seed));
    is_over = true;
  }};
  while (!is_over) {
    const Bytes<28> seen = copies.read(version);
    for (std::size_t i = 0; i < 28; ++i) {
      if (seen.bytes[i] != static_cast<unsigned char>(seen.bytes[0] + i)) ++torn;
    }
  }
  writer.join();

  CHECK(torn == 0);
  CHECK(copies.read(version) == filled<28>(20'000));
}
