// parse, settings, circuit<"…">: the settings of a circuit as one sentence.
//
//   auto quotes = breaker::circuit<"5 failures in 10 s, open 30 s">();  // as if it were written in types
//   breaker::Parsed line = breaker::parse(argument);
//   if (!line) std::cerr << line.message();
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "breaker/base/version.hpp"
#include "breaker/circuit_breaker.hpp"
#include "breaker/policy/any_of.hpp"
#include "breaker/policy/bad_call_rate.hpp"
#include "breaker/policy/consecutive_failures.hpp"
#include "breaker/policy/cusum.hpp"
#include "breaker/policy/failure_count.hpp"
#include "breaker/policy/failure_rate.hpp"
#include "breaker/policy/rule.hpp"
#include "breaker/policy/slow_call_rate.hpp"
#include "breaker/policy/trip_rules.hpp"
#include "breaker/text/clauses.hpp"
#include "breaker/text/grammar.hpp"
#include "breaker/text/in_words.hpp"  // IWYU pragma: export
#include "breaker/text/settings.hpp"  // IWYU pragma: export
#include "breaker/window/window.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Thrown when settings are asked for that make no sense. (A build without exceptions prints the same
/// text to stderr and aborts.)
class [[gnu::visibility("default")]] SentenceError : public std::exception {
 public:
  /// `message`: as Parsed::message().
  explicit SentenceError(const std::string& message) noexcept {
    std::snprintf(text_, sizeof text_, "breaker:\n%s", message.c_str());
  }
  /// **Returns** `breaker:` and, on the next line, Parsed::message(), cut after 500 bytes. Valid as
  /// long as this object.
  [[nodiscard]] const char* what() const noexcept override { return text_; }

 private:
  char text_[500];
};

/// What a text says: settings, or where it stops making sense, and what would be right there.
class Parsed {
 public:
  /// Settings that make sense.
  constexpr explicit Parsed(const Settings& settings) noexcept : settings_{settings} {}
  /// `key`: whose value `text` is, else empty. `at`: the place in `text`. `expected`: what would be
  /// right there.
  constexpr Parsed(std::string_view key, std::string_view text, std::size_t at,
                   const char* expected) noexcept
      : key_{key}, text_{text}, at_{at}, expected_{expected} {}

  /// **Returns** whether there are settings.
  constexpr explicit operator bool() const noexcept { return expected_ == nullptr; }
  /// **Returns** the settings. **Requires** that there are any. @{
  [[nodiscard]] constexpr const Settings& operator*() const noexcept { return settings_; }
  [[nodiscard]] constexpr const Settings* operator->() const noexcept { return &settings_; }
  /// @}
  /// **Returns** the settings. **Throws** SentenceError if there are none.
  [[nodiscard]] constexpr const Settings& value() const {
    if (!*this) refuse();
    return settings_;
  }

  /// **Returns** the place in the text where it stops making sense, in bytes.
  [[nodiscard]] constexpr std::size_t position() const noexcept { return at_; }
  /// **Returns** what would be right there, such as "a unit: ns, us, ms, s, min, h or d"; null if there
  /// are settings. A string literal.
  [[nodiscard]] constexpr const char* expected() const noexcept { return expected_; }
  /// **Returns** the key whose value is wrong; empty for a sentence. Valid as long as what was read.
  [[nodiscard]] constexpr std::string_view key() const noexcept { return key_; }

  /// **Returns** the text, and in the next line a caret and what would be right. **Requires** that
  /// what was read still lives.
  [[nodiscard]] std::string message() const {
    if (*this) return {};
    const std::string begin = key_.empty() ? std::string{} : std::string{key_} + ": ";
    std::string line = begin;
    std::size_t indent = begin.size();
    for (std::size_t i = 0; i != text_.size(); ++i) {
      const bool is_printed = static_cast<unsigned char>(text_[i]) >= ' ' && text_[i] != 0x7f;
      line += is_printed ? text_[i] : '?';
      const bool begins = (static_cast<unsigned char>(text_[i]) & 0xc0) != 0x80;  // UTF-8
      if (i < at_ && begins) ++indent;
    }
    return line + "\n" + std::string(indent, ' ') + "^ expected " + expected_;
  }

 private:
  // Not constexpr: reaching it in a constant expression is the compile error.
  [[noreturn]] void refuse() const {
#if defined(__cpp_exceptions)
    throw SentenceError{message()};
#else
    std::fprintf(stderr, "%s\n", SentenceError{message()}.what());
    std::abort();
#endif
  }

  Settings settings_;
  std::string_view key_;
  std::string_view text_;
  std::size_t at_ = 0;
  const char* expected_ = nullptr;
};

/// **Returns** what `sentence` says, such as "50 % of the last 100 calls; open 1 s doubling to 1 min; 3
/// probes", or where it stops making sense. What is not said is as by default. Nothing is rounded or cut.
/// The grammar is in GUIDE.md. The answer refers to `sentence` only if it makes no sense.
/// **Complexity** linear, and for "worse than" as Cusum. Allocates nothing.
[[nodiscard]] constexpr Parsed parse(std::string_view sentence) noexcept {
  detail::Reader reader{sentence};
  Settings settings;
  if (detail::Clauses{reader}.sentence(settings)) return Parsed{settings};
  return Parsed{{}, sentence, reader.wrong_at(), reader.expected()};
}

/// **Returns** what a sentence says. One that makes no sense does not compile.
[[nodiscard]] consteval Settings settings(std::string_view sentence) {
  return breaker::parse(sentence).value();
}

/// A sentence as an argument of a template.
template <std::size_t size>
struct Sentence {
  char text[size] = {};  ///< With a zero behind.

  /// Its letters.
  consteval Sentence(const char (&letters)[size]) {
    for (std::size_t i = 0; i != size; ++i) text[i] = letters[i];
  }
  /// **Returns** it without the zero.
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text, size - 1}; }
};
template <std::size_t size>
Sentence(const char (&)[size]) -> Sentence<size>;

namespace detail {

/// What would be right, as an argument of a template: compilers print it.
struct Expected {
  char text[160] = {};

  consteval Expected(const char* letters) {
    for (std::size_t i = 0; letters[i] != '\0'; ++i) text[i] = letters[i];
  }
};

/// Never defined: naming it is the error message.
template <std::size_t position, Expected expected>
struct the_sentence_is_wrong_at;

/// **Returns** what a sentence says, or does not compile.
template <Sentence sentence>
consteval Settings settings_of() {
  constexpr Parsed parsed = breaker::parse(sentence.view());
  if constexpr (!parsed)
    (void)sizeof(the_sentence_is_wrong_at<parsed.position(), Expected{parsed.expected()}>);
  return *parsed;
}

/// **Returns** the window of a rule, as it would be written. `Of`: a class with the rules as a constant.
template <class Of, int i>
constexpr auto window_of_rule() {
  constexpr Rule rule = Of::rules.rule[i];
  if constexpr (rule.last_calls != 0) {
    return breaker::last_calls<static_cast<int>(rule.last_calls)>();
  } else {
    return breaker::within(std::chrono::nanoseconds{rule.within});
  }
}

/// **Returns** the policy of a rule, the same.
template <class Of, int i>
constexpr auto policy_of_rule() {
  constexpr Rule rule = Of::rules.rule[i];
  constexpr std::chrono::nanoseconds slower_than{rule.slower_than};
  constexpr int min_calls = static_cast<int>(rule.min_calls);
  if constexpr (rule.kind == Rule::Kind::row) {
    return ConsecutiveFailures{static_cast<int>(rule.limit)};
  } else if constexpr (rule.kind == Rule::Kind::score) {
    return Cusum{rule.chosen_for};
  } else if constexpr (rule.kind == Rule::Kind::count) {
    return FailureCount{static_cast<int>(rule.limit), detail::window_of_rule<Of, i>()};
  } else if constexpr (rule.marks == Rule::Marks::failed) {
    return FailureRate{detail::window_of_rule<Of, i>(), {rule.share, min_calls}};
  } else if constexpr (rule.marks == Rule::Marks::slow) {
    return SlowCallRate{detail::window_of_rule<Of, i>(), {slower_than, rule.share, min_calls}};
  } else {
    return BadCallRate{detail::window_of_rule<Of, i>(), {slower_than, rule.share, min_calls}};
  }
}

template <Sentence sentence>
struct CircuitOfSentence {
  static constexpr Settings settings = detail::settings_of<sentence>();
  static constexpr TripRules rules = settings.rules;

  static constexpr auto policy() {
    return []<int... i>(std::integer_sequence<int, i...> /*each*/) {
      if constexpr (sizeof...(i) == 1) {
        return detail::policy_of_rule<CircuitOfSentence, 0>();
      } else if constexpr (rules.trip == TripRules::Trip::on_any) {
        return breaker::any_of(detail::policy_of_rule<CircuitOfSentence, i>()...);
      } else {
        return breaker::all_of(detail::policy_of_rule<CircuitOfSentence, i>()...);
      }
    }(std::make_integer_sequence<int, rules.count>{});
  }

  template <class... Parts>
  static constexpr auto make(Parts&&... parts) {
    if constexpr (settings.name.circuit_name().empty()) {
      return CircuitBreaker{settings.config, policy(), std::forward<Parts>(parts)...};
    } else {
      return CircuitBreaker{settings.config, policy(), settings.name,
                            std::forward<Parts>(parts)...};
    }
  }
};

}  // namespace detail

/// **Returns** the circuit that `sentence` says, of the same type as if its policy were written by
/// hand, with its name, if it says one. `parts`: clock, classifier, listener. A sentence that makes no
/// sense does not compile; the error has the place and what would be right there. **Throws** what
/// copying a part throws.
template <Sentence sentence, class... Parts>
[[nodiscard]] constexpr auto circuit(Parts&&... parts) {
  return detail::CircuitOfSentence<sentence>::make(std::forward<Parts>(parts)...);
}

BREAKER_ABI_END
}  // namespace breaker
