// call(): every shape of function, fallback and result.
#include <any>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace shop {

struct Reply {};
struct Judge {
  static Verdict on_result(const Reply& /*reply*/) { return Verdict::success; }
};
template <class... T>
bool has_error(const T&...) = delete;
template <class... T>
Judgement judge_result(const T&...) = delete;
bool has_error(const Reply& reply) = delete;

}  // namespace shop

namespace {

int twice(int value) { return 2 * value; }
int forty_two() { return 42; }

struct Functor {
  int calls = 0;
  int operator()() { return ++calls; }
};

struct OnceOnly {
  int operator()() && { return 42; }
};

struct Pinned {
  explicit Pinned(int number) : value{number} {}
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;
  int value;
};

/// A fallback with an overload for each thing that it hears of.
struct Overloaded {
  int operator()(const Rejection&) const { return 1; }
  int operator()(const NoResult& why) const { return why.rejection() == nullptr ? 2 : 3; }
};

struct Down : std::runtime_error {
  Down() : std::runtime_error{"down"} {}
};

struct Refusing {
  CircuitBreaker<> circuit;
  Refusing() { circuit.force_open(); }
};

}  // namespace

TEST_CASE("call returns exactly what the function returns") {
  CircuitBreaker<> circuit;
  std::string text = "text";
  std::string other = "other";

  SECTION("a value") {
    CHECK(circuit.call([] { return 42; }) == 42);
  }
  SECTION("nothing") {
    bool ran = false;
    circuit.call([&] { ran = true; });
    CHECK(ran);
    STATIC_REQUIRE(std::is_void_v<decltype(circuit.call([] {}))>);
  }
  SECTION("a reference, to the same object") {
    std::string& same = circuit.call([&]() -> std::string& { return text; });
    CHECK(&same == &text);
  }
  SECTION("a const reference") {
    const auto fn = [&]() -> const std::string& { return text; };
    STATIC_REQUIRE(std::is_same_v<decltype(circuit.call(fn)), const std::string&>);
    CHECK(&circuit.call(fn) == &text);
  }
  SECTION("an rvalue reference") {
    std::string&& same = circuit.call([&]() -> std::string&& { return std::move(text); });
    CHECK(&same == &text);
  }
  SECTION("an rvalue reference, beside a fallback") {
    const auto fn = [&]() -> std::string&& { return std::move(text); };
    std::string&& same = circuit.call(fn, [&]() -> std::string&& { return std::move(other); });
    CHECK(&same == &text);
  }
  SECTION("what can only be moved") {
    const std::unique_ptr<int> pointer = circuit.call([] { return std::make_unique<int>(42); });
    CHECK(*pointer == 42);
  }
  SECTION("a connection, which is no task for that") {
    struct Connection {
      int connect() { return 42; }
    };
    CHECK(circuit.call([] { return Connection{}; }).connect() == 42);
  }
  SECTION("what is const, and can only be moved") {
    const auto fn = []() -> const std::unique_ptr<int> {  // NOLINT(readability-const-return-type)
      return std::make_unique<int>(42);
    };
    const std::unique_ptr<int> pointer = circuit.call(fn);
    CHECK(*pointer == 42);
    CHECK(*circuit.call(fn, [] { return std::make_unique<int>(1); }) == 42);
  }
  SECTION("what can't be moved") {
    const Pinned pinned = circuit.call([] { return Pinned{42}; });
    CHECK(pinned.value == 42);
  }
}

TEST_CASE("a result that can't be moved is a success, and what is thrown instead a failure") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{2}};
  const auto good = [] { return Pinned{42}; };
  const auto bad = []() -> Pinned { throw Down{}; };

  CHECK_THROWS_AS(circuit.call(bad), Down);
  CHECK(circuit.call(good).value == 42);
  CHECK(circuit.call(bad, [] { return Pinned{1}; }).value == 1);
  CHECK(circuit.call(good, [] { return Pinned{1}; }).value == 42);
  CHECK_THROWS_AS(circuit.call(bad), Down);
  CHECK(circuit.state() == State::closed);
  CHECK_THROWS_AS(circuit.call(bad), Down);
  CHECK(circuit.state() == State::open);
  CHECK_THROWS_AS(circuit.call(good), CircuitOpen);
}

TEST_CASE("call takes every kind of function") {
  CircuitBreaker<> circuit;

  SECTION("a function") { CHECK(circuit.call(forty_two) == 42); }
  SECTION("a pointer to one") { CHECK(circuit.call(&forty_two) == 42); }
  SECTION("a mutable function object, which is not copied") {
    Functor functor;
    CHECK(circuit.call(functor) == 1);
    CHECK(circuit.call(functor) == 2);
    CHECK(functor.calls == 2);
  }
  SECTION("one that owns what can only be moved") {
    CHECK(circuit.call([owned = std::make_unique<int>(42)] { return *owned; }) == 42);
  }
  SECTION("one that can be called only once") {
    CHECK(circuit.call(OnceOnly{}) == 42);
    CHECK(circuit.call(OnceOnly{}, 1) == 42);
    circuit.force_open();
    CHECK(circuit.call([] { return 1; }, OnceOnly{}) == 42);
  }
  SECTION("one that calls another with arguments") {
    CHECK(circuit.call([] { return twice(21); }) == 42);
  }
}

TEST_CASE("a refused call gives what the fallback gives, in each of its shapes") {
  Refusing refusing;
  auto& circuit = refusing.circuit;
  const auto never = []() -> int { throw std::logic_error{"must not run"}; };

  CHECK(circuit.call(never, [] { return 1; }) == 1);
  CHECK(circuit.call(never, 2) == 2);
  CHECK(circuit.call(never, forty_two) == 42);
  CHECK(circuit.call(never, [](const Rejection& rejection) {
    return rejection.reason == RejectionReason::forced_open ? 3 : 0;
  }) == 3);
  CHECK(circuit.call(never, [](const NoResult& why) {
    return why.rejection() != nullptr && why.exception() == nullptr ? 4 : 0;
  }) == 4);
  CHECK(circuit.call(never, [](Rejection by_value) { return by_value.generation == 1 ? 5 : 0; }) ==
        5);
}

TEST_CASE("a fallback in braces makes the result") {
  Refusing refusing;
  auto& circuit = refusing.circuit;

  CHECK(circuit.call([] { return std::string{"fresh"}; }, {}).empty());
  CHECK(circuit.call([] { return std::string{"fresh"}; }, {"spare"}) == "spare");
  CHECK(circuit.call([] { return std::size_t{1}; }, {0}) == 0);
  CHECK(circuit.call(never_probe, [] { return 1.5; }, {2}) == 2.0);
}

TEST_CASE("a fallback with two overloads hears refusals by one and failures by the other") {
  CircuitBreaker<> circuit;
  CircuitBreaker<> other;
  other.force_open();
  const auto throws = []() -> int { throw Down{}; };
  const auto refused_inside = [&] { return other.call([] { return 0; }); };

  CHECK(circuit.call(throws, Overloaded{}) == 2);
  CHECK(circuit.call(refused_inside, Overloaded{}) == 3);
  circuit.force_open();
  CHECK(circuit.call(throws, Overloaded{}) == 1);
}

TEST_CASE("a fallback of std::bind_front is taken if it needs nothing more") {
  Refusing refusing;

  CHECK(refusing.circuit.call([] { return 1; }, std::bind_front(twice, 21)) == 42);
}

TEST_CASE("a callable is a value only for a result of its own type") {
  Refusing refusing;
  const auto never = []() -> std::function<int()> { throw std::logic_error{"must not run"}; };

  CHECK(refusing.circuit.call(never, std::function<int()>{forty_two})() == 42);
  CHECK(refusing.circuit.call(never, [] { return forty_two; })() == 42);
  const std::any made = refusing.circuit.call([] { return std::any{1}; }, [] { return 2; });
  CHECK(std::any_cast<int>(made) == 2);
}

TEST_CASE("a view comes from a fallback that lasts") {
  Refusing refusing;
  auto& circuit = refusing.circuit;
  std::string lasting = "lasting";
  const int numbers[] = {1, 2};
  const auto text = []() -> std::string_view { throw std::logic_error{"must not run"}; };
  const auto span = []() -> std::span<const int> { throw std::logic_error{"must not run"}; };

  CHECK(circuit.call(text, lasting).data() == lasting.data());
  CHECK(circuit.call(text, "literal") == "literal");
  CHECK(circuit.call(text, [&]() -> std::string& { return lasting; }).data() == lasting.data());
  CHECK(circuit.call(text, [] { return "literal"; }) == "literal");
  CHECK(circuit.call(span, std::span<const int, 2>{numbers}).data() == numbers);
}

TEST_CASE("an owner may come back in a variant that could hold a view instead") {
  using Answer = std::variant<std::string_view, std::string>;
  Refusing refusing;

  const auto never = []() -> Answer { throw std::logic_error{"must not run"}; };

  const Answer answer = refusing.circuit.call(never, [] { return std::string{"last known"}; });

  CHECK(std::get<std::string>(answer) == "last known");
}

TEST_CASE("a reference result comes from the fallback as a reference to the same object") {
  Refusing refusing;
  auto& circuit = refusing.circuit;
  std::string spare = "spare";
  std::runtime_error derived{"a derived object"};
  const auto never = []() -> std::string& { throw std::logic_error{"must not run"}; };
  const auto never_base = []() -> const std::exception& { throw std::logic_error{"nor this"}; };

  CHECK(&circuit.call(never, [&]() -> std::string& { return spare; }) == &spare);
  CHECK(&circuit.call(never, [&](const Rejection&) -> std::string& { return spare; }) == &spare);
  CHECK(&circuit.call(never_base, [&]() -> std::runtime_error& { return derived; }) == &derived);
}

TEST_CASE("a refused call whose result is a reference to something with an error throws why") {
  Refusing refusing;
  std::error_code fine;

  CHECK_THROWS_AS(refusing.circuit.call([&]() -> std::error_code& { return fine; }), CircuitOpen);
  CHECK_FALSE(fine);
}

TEST_CASE("a value that can only be moved is a fallback when it is moved in") {
  Refusing refusing;
  const auto never = []() -> std::unique_ptr<int> { throw std::logic_error{"must not run"}; };
  auto spare = std::make_unique<int>(42);

  const std::unique_ptr<int> answer = refusing.circuit.call(never, std::move(spare));

  REQUIRE(answer);
  CHECK(*answer == 42);
}

TEST_CASE("a refused call without a fallback throws why, if the result can't say so") {
  Refusing refusing;
  bool ran = false;

  try {
    refusing.circuit.call([&] { ran = true; });
    FAIL("it was not refused");
  } catch (const CircuitOpen& open) {
    CHECK(open.rejection().reason == RejectionReason::forced_open);
    CHECK(open.rejection().retry_after == 5min);
    CHECK(std::string{open.what()} == "the circuit is forced open: ask again in 300000 ms");
  }

  CHECK_FALSE(ran);
}

TEST_CASE("a refused call without a fallback says so inside a result that carries errors") {
  Refusing refusing;

  const std::error_code error = refusing.circuit.call([] { return std::error_code{}; });

  CHECK(error == Errc::circuit_open);
  CHECK(error == std::errc::connection_refused);
}

TEST_CASE("after a failure, the fallback hears of it unless it asked for refusals only") {
  CircuitBreaker<> circuit;
  const auto fails = []() -> int { throw Down{}; };

  CHECK(circuit.call(fails, [] { return 1; }) == 1);
  CHECK(circuit.call(fails, 2) == 2);
  CHECK(circuit.call(fails, [](const NoResult& why) {
    return why.rejection() == nullptr && why.exception() != nullptr ? 3 : 0;
  }) == 3);
  CHECK_THROWS_AS(circuit.call(fails, [](const Rejection&) { return 4; }), Down);
}

TEST_CASE("a result that is judged a failure goes to the fallback, and without one to the caller") {
  CircuitBreaker circuit{Config{}, failing_on([](int status) { return status >= 500; }),
                         Counters{}};
  const auto busy = [] { return 503; };

  CHECK(circuit.call(busy) == 503);
  CHECK(circuit.call(busy, 1) == 1);
  CHECK(circuit.call(busy, [](const Rejection&) { return 2; }) == 503);
  CHECK(circuit.call(busy, [](const NoResult& why) {
    return why.rejection() == nullptr && why.exception() == nullptr ? 3 : 0;
  }) == 3);
  CHECK(circuit.listener().totals().failed == 4);
}

TEST_CASE("classifiers combine for calls, whatever each of them judges") {
  const auto is_busy = failing_on([](int status) { return status >= 500; });
  const auto is_limited = failing_on([](int status) { return status == 429; });
  const auto is_empty = failing_on([](const std::string& text) { return text.empty(); });
  const auto failed = [](const auto& classifier, auto fn) {
    CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, classifier};
    try {
      circuit.call(fn);
    } catch (const Down&) {
    }
    return circuit.state() == State::open;
  };
  const auto status = [](int value) { return [value] { return value; }; };
  const auto down = []() -> int { throw Down{}; };

  CHECK(failed(is_busy | is_limited, status(429)));
  CHECK(failed(is_busy | is_limited, status(503)));
  CHECK_FALSE(failed(is_busy | is_limited, status(200)));
  CHECK(failed(is_busy | is_limited, down));
  CHECK(failed(is_busy | is_empty, status(503)));
  CHECK(failed(is_busy | is_empty, [] { return std::string{}; }));
  CHECK_FALSE(failed(is_busy | ignoring<Down>(), down));
  CHECK_FALSE(failed(ignoring<Down>() | is_busy, down));
  CHECK_FALSE(failed(ignoring<int>() | ignoring<Down>(), down));
  CHECK_FALSE(failed(ignoring<int>() | ignoring<Down>(), status(503)));
  CHECK(failed(is_busy | is_limited | is_empty | ignoring<Down>(), status(429)));
}

TEST_CASE("functions of the user's own namespace are never called for the library's") {
  CircuitBreaker plain{Config{}, ConsecutiveFailures{1}};
  CircuitBreaker judged{Config{}, ConsecutiveFailures{1}, shop::Judge{}};

  plain.call([] { return shop::Reply{}; });
  judged.call([] { return shop::Reply{}; });

  CHECK(plain.state() == State::closed);
  CHECK(judged.state() == State::closed);
}

TEST_CASE("a good result never goes to the fallback") {
  CircuitBreaker<> circuit;
  const auto never = []() -> int { throw std::logic_error{"must not run"}; };

  CHECK(circuit.call([] { return 42; }, never) == 42);
}

TEST_CASE("a fallback's answer converts to the function's result") {
  Refusing refusing;
  auto& circuit = refusing.circuit;
  std::string stored = "stored";

  CHECK(circuit.call([] { return std::string{"fresh"}; }, "cached") == "cached");
  CHECK(circuit.call([] { return std::string{"fresh"}; }, [] { return "made"; }) == "made");
  std::string& same = circuit.call([]() -> std::string& { throw Down{}; },
                                   [&]() -> std::string& { return stored; });
  CHECK(&same == &stored);
}

TEST_CASE("a pointer to text is a value for a string") {
  CircuitBreaker circuit{Config{}};
  circuit.force_open();
  const char* text = "as a value";

  CHECK(circuit.call([] { return std::string{}; }, text) == "as a value");
  CHECK(circuit.call([] { return std::optional<std::string>{}; }, text) == "as a value");
}

TEST_CASE("a fallback for nothing may return anything") {
  Refusing refusing;
  int ran = 0;

  refusing.circuit.call([] {}, [&] { ++ran; });
  refusing.circuit.call([] {}, [&](const Rejection&) { return ++ran; });

  CHECK(ran == 2);
}

TEST_CASE("what can only be moved may come from a fallback, too") {
  Refusing refusing;
  const auto fn = [] { return std::make_unique<int>(1); };

  CHECK(*refusing.circuit.call(fn, [] { return std::make_unique<int>(2); }) == 2);
  CHECK(*refusing.circuit.call(fn, std::make_unique<int>(3)) == 3);
  CHECK(refusing.circuit.call(fn, nullptr) == nullptr);
}

TEST_CASE("the function runs exactly once") {
  CircuitBreaker<> circuit;
  int runs = 0;

  circuit.call([&] { ++runs; });
  circuit.call([&] { ++runs; }, [] {});
  circuit.call([&] { return ++runs; }, 0);

  CHECK(runs == 3);
}

TEST_CASE("calls may nest, through one circuit and through several") {
  CircuitBreaker<> outer;
  CircuitBreaker<> inner;

  const int result =
      outer.call([&] { return inner.call([&] { return outer.call([] { return 42; }); }); });

  CHECK(result == 42);
}

TEST_CASE("a function that returns nothing is a success, with a fallback too") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{2}};
  circuit.try_acquire().failure();

  circuit.call([] {}, [] {});
  circuit.try_acquire().failure();

  CHECK(circuit.state() == State::closed);
}
