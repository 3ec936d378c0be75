// Clauses: what a sentence says after its rules.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "breaker/base/duration.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/name.hpp"
#include "breaker/config.hpp"
#include "breaker/policy/cusum.hpp"
#include "breaker/policy/rule.hpp"
#include "breaker/policy/trip_rules.hpp"
#include "breaker/text/cursor.hpp"
#include "breaker/text/grammar.hpp"
#include "breaker/text/settings.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// **Returns** the Cusum that a rule was chosen as, or null.
constexpr const CusumSettings* chosen_of(const TripRules& rules) noexcept {
  for (int i = 0; i != rules.count; ++i)
    if (rules.rule[i].chosen_for.calls_per_second > 0) return &rules.rule[i].chosen_for;
  return nullptr;
}

/// What is normal, as far as it was said.
struct SaidTraffic {
  Ratio normal = {0, 1};
  Ratio slow = {0, 1};
  double calls_per_second = 0;
  bool is_said = false;

  /// **Returns** it, filled in by what a Cusum was chosen for.
  [[nodiscard]] constexpr Traffic with(const TripRules& rules) const noexcept {
    Traffic traffic{.normal = normal, .calls_per_second = calls_per_second, .slow = slow};
    const CusumSettings* const chosen = detail::chosen_of(rules);
    if (chosen == nullptr) return traffic;
    if (!is_said) traffic.normal = chosen->normal;
    if (calls_per_second <= 0) traffic.calls_per_second = chosen->calls_per_second;
    return traffic;
  }
};

/// The parts of Config::open_for, until all are read.
struct SaidWait {
  Ticks first = 30 * in_a_second;
  Ratio factor = {1, 1};
  Ticks max = 0;  // 0: not said
  Ratio jitter = {0, 1};

  [[nodiscard]] constexpr bool grows() const noexcept { return factor.part() > factor.whole(); }
  [[nodiscard]] constexpr OpenWait wait() const noexcept {
    Backoff backoff{.first = std::chrono::nanoseconds{first}, .factor = factor, .jitter = jitter};
    if (!grows()) backoff.max = backoff.first;
    if (grows() && max > 0) backoff.max = std::chrono::nanoseconds{max};
    return backoff;
  }
};

/// Reads what follows the rules, each once. As Reader.
class Clauses {
 public:
  constexpr Clauses() noexcept = default;
  explicit constexpr Clauses(Reader& reader) noexcept { read_from(reader); }

  constexpr void read_from(Reader& reader) noexcept {
    reader_ = &reader;
    cursor_ = &reader.cursor();
    begin_ = cursor_->at();
  }

  /// A whole sentence.
  constexpr bool sentence(Settings& settings) noexcept {
    if (!reader_->rules(settings.rules)) return false;
    while (cursor_->take(",") || cursor_->take(";"))
      if (!clause()) return false;
    if (!cursor_->is_at_end()) return reader_->wrong(cursor_->at(), "a comma, or the end");
    fill(settings);
    return true;
  }

  constexpr void fill(Settings& settings) const noexcept {
    settings.config = config_;
    settings.config.open_for = wait_.wait();
    settings.traffic = traffic_.with(settings.rules);
    settings.name = name_;
  }

  // ---- one clause, after the word that begins it

  constexpr bool open_for() noexcept {
    if (!once(Said::open)) return false;
    if (!reader_->time(wait_.first)) return false;
    const bool doubles = cursor_->take("doubling");
    if (!doubles && !cursor_->take("times") && !cursor_->take("x")) return true;
    if (!doubles) return factor() && longest();
    wait_.factor = Ratio{2, 1};
    return once(Said::factor) && longest();
  }

  constexpr bool factor() noexcept {
    if (!once(Said::factor)) return false;
    const std::size_t at = cursor_->at();
    Decimal number;
    if (!cursor_->take(number, 2)) return reader_->wrong(at, "a number, with at most two decimals");
    const std::int64_t hundredths = number.in(2);
    if (hundredths < 100 || hundredths > 10'000) return reader_->wrong(at, "1 to 100");
    wait_.factor = Ratio{static_cast<int>(hundredths), 100};
    return true;
  }

  constexpr bool longest_wait() noexcept {
    if (!once(Said::max)) return false;
    const std::size_t at = cursor_->at();
    if (!wait_.grows()) return reader_->wrong(at, "no longest wait, as none is longer");
    if (!reader_->time(wait_.max)) return false;
    return wait_.max >= wait_.first || reader_->wrong(at, "no less than the first wait");
  }

  constexpr bool jitter() noexcept {
    return once(Said::jitter) && reader_->percent(wait_.jitter, 1);
  }
  constexpr bool probes() noexcept { return number(Said::probes, config_.probes); }
  constexpr bool close_after() noexcept { return number(Said::close_after, config_.close_after); }
  constexpr bool reopen_after() noexcept {
    return number(Said::reopen_after, config_.reopen_after);
  }
  constexpr bool lease() noexcept { return length(Said::lease, config_.probe_lease); }
  constexpr bool retry_after() noexcept {
    return length(Said::retry_after, config_.retry_after_max);
  }
  constexpr bool slow_start() noexcept {
    config_.slow_start = true;
    return once(Said::slow_start);
  }
  constexpr bool shadow() noexcept {
    config_.mode = Mode::shadow;
    return once(Said::shadow);
  }

  constexpr bool normally() noexcept {
    if (!once(Said::normal)) return false;
    traffic_.is_said = true;
    const std::size_t at = cursor_->at();
    if (!reader_->percent(traffic_.normal)) return false;
    cursor_->take("failed");
    if (cursor_->take("and")) {
      if (!reader_->percent(traffic_.slow)) return false;
      if (!cursor_->take("slow")) return reader_->wrong(cursor_->at(), "slow");
    }
    if (detail::as_double(traffic_.normal) + detail::as_double(traffic_.slow) >= 1)
      return reader_->wrong(at, "less than 100 % together");
    return !cursor_->take("at") || calls_per_second(true);
  }
  constexpr bool calls_per_second(bool has_unit) noexcept {
    return once(Said::rate) && reader_->rate(traffic_.calls_per_second, has_unit);
  }

  constexpr bool named() noexcept {
    if (!once(Said::name)) return false;
    const std::size_t at = cursor_->at();
    const std::string_view name = cursor_->take_name();
    const Name kept{name};
    if (name.empty() || kept.circuit_name() != name)
      return reader_->wrong(at, "a name of 1 to 55 bytes, without blanks and commas");
    name_ = kept;
    return true;
  }

 private:
  /// What was said already.
  enum class Said : std::uint16_t {
    open = 1,
    jitter = 2,
    probes = 4,
    close_after = 8,
    reopen_after = 16,
    lease = 32,
    slow_start = 64,
    retry_after = 128,
    normal = 256,
    shadow = 512,
    name = 1024,
    factor = 2048,
    max = 4096,
    rate = 8192,
  };

  constexpr bool clause() noexcept {
    begin_ = cursor_->at();
    if (cursor_->is_at_digit()) return number_first();
    if (cursor_->take("open for") || cursor_->take("open")) return open_for();
    if (cursor_->take("closing after")) return close_after();
    if (cursor_->take("reopening after")) return reopen_after();
    if (cursor_->take("lease")) return lease();
    if (cursor_->take("slow start")) return slow_start();
    if (cursor_->take("retry-after up to")) return retry_after();
    if (cursor_->take("normally")) return normally();
    if (cursor_->take("shadow")) return shadow();
    if (cursor_->take("named")) return named();
    return reader_->wrong(begin_,
                          "a setting: open, jitter, probes, closing after, reopening after, lease, "
                          "slow start, retry-after up to, normally, shadow or named");
  }

  /// "3 probes", "20 % jitter".
  constexpr bool number_first() noexcept {
    Decimal number;
    if (!cursor_->take(number, 4)) return reader_->wrong(begin_, "a number with four decimals");
    const bool is_share = cursor_->take("%") || cursor_->take("percent");
    const std::size_t unit_at = cursor_->at();
    if (is_share && !cursor_->take("jitter")) return reader_->wrong(unit_at, "jitter");
    if (!is_share && !cursor_->take("probes") && !cursor_->take("probe"))
      return reader_->wrong(unit_at, "probes, or % jitter");
    const std::size_t after = cursor_->at();
    cursor_->go_back_to(begin_);
    const bool is_right = is_share ? jitter() : probes();
    cursor_->go_back_to(after);
    return is_right;
  }

  constexpr bool longest() noexcept {
    const bool is_said = cursor_->take("up to") || cursor_->take("to") || cursor_->take("max");
    if (is_said && !longest_wait()) return false;
    return true;
  }

  constexpr bool once(Said which) noexcept {
    const auto bit = static_cast<std::uint16_t>(which);
    if ((said_ & bit) != 0) return reader_->wrong(begin_, "each setting once");
    said_ = static_cast<std::uint16_t>(said_ | bit);
    return true;
  }
  constexpr bool number(Said which, int& value) noexcept {
    std::int64_t found = 0;
    if (!once(which) || !reader_->whole(found, 63, "1 to 63")) return false;
    value = static_cast<int>(found);
    return true;
  }
  constexpr bool length(Said which, Duration& value) noexcept {
    Ticks found = 0;
    if (!once(which) || !reader_->time(found)) return false;
    value = std::chrono::nanoseconds{found};
    return true;
  }

  Reader* reader_ = nullptr;
  Cursor* cursor_ = nullptr;
  std::size_t begin_ = 0;
  std::uint16_t said_ = 0;
  Config config_;
  SaidWait wait_;
  SaidTraffic traffic_;
  Name name_{{}};
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
