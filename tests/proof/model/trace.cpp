#include "proof/model/trace.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <sstream>

namespace model {

namespace {

constexpr Ticks second = 1000 * ms;
constexpr Ticks longest = detail::longest_wait;

constexpr std::array<Ticks, 12> waits = {1,        100,      999'999, ms,          ms + 500'000,
                                         10 * ms,  100 * ms, second,  30 * second, 3600 * second,
                                         30 * day, longest};

Ticks scaled(Ticks time, std::uint8_t by) {
  constexpr std::array<Ticks, 8> times = {1, 1, 1, 2, 1, 8, 1, 60};
  constexpr std::array<Ticks, 8> over = {1, 2, 8, 1, 1, 1, 64, 1};
  const Ticks most = longest / times[by % 8];
  return std::clamp(std::min(time, most) * times[by % 8] / over[by % 8], Ticks{1}, longest);
}

OpenWait open_for(const Bytes& trace) {
  const Ticks first = waits[trace[3] % waits.size()];
  if (trace[3] < 128) return nanoseconds{first};
  constexpr std::array hundredths = {100, 200, 150, 300, 101, 250, 333, 500};
  Backoff growing{.first = nanoseconds{first}, .factor = percent(hundredths[trace[4] % 8])};
  if (trace[4] >= 64)
    growing.max = nanoseconds{std::max(first, scaled(first, trace[4] < 128 ? 5 : 7))};
  if (trace[4] >= 192) {
    growing.jitter = Ratio{1 + trace[5] % 4, 4};
    growing.seed = 1u + trace[5] / 4;  // 0 would draw from the address
  }
  return growing;
}

Verdict verdict_of(const Bytes& trace, std::uint8_t byte) {
  constexpr std::array<const char*, 4> weather = {"sssssffi", "ssffffsi", "fffffffi", "sssfffff"};
  const char letter = weather[trace[8] % 4][byte % 8];
  return letter == 's' ? Verdict::success : letter == 'f' ? Verdict::failure : Verdict::ignored;
}

Ticks lease_of(const Config& config) {
  const Duration first = config.open_for.backoff().first;
  return (config.probe_lease.is_given() ? config.probe_lease : first).ticks();
}
Ticks longest_lease(const Setup& setup) {
  return std::max(lease_of(setup.config), setup.config.open_for.backoff().max.ticks());
}

Ticks step_of(const Setup& setup, std::uint8_t what, std::uint8_t how) {
  const Ticks first = setup.config.open_for.backoff().first.ticks();
  const Ticks lease = lease_of(setup.config);
  const std::array<Ticks, 8> units = {
      up_to_ms(first), first, lease, setup.span, setup.span / 10, setup.slower_than, ms, 365 * day};
  constexpr std::array<Ticks, 8> times = {1, 1, 1, 63, 2, 10, 63, 5};
  constexpr std::array<Ticks, 8> over = {1, 2, 64, 64, 1, 1, 1, 4};
  constexpr std::array<Ticks, 4> more = {0, -1, 1, ms};
  // Years are for the brave.
  const std::size_t unit = what % 8 == 7 && what < 192 ? 0 : what % 8;
  const Ticks time = units[unit] / over[how % 8] * times[how % 8];
  return std::max(Ticks{0}, std::min(time, 2 * 365 * day) + more[how / 8 % 4]);
}

/// **Returns** what a circuit may be restored to, whatever this one was.
Saved saved_of(std::uint8_t what, std::uint8_t how, Ticks time) {
  using enum State;
  constexpr std::array<State, 8> states = {open,     open,     open,        closed,
                                           disabled, disabled, forced_open, forced_open};
  Saved saved{states[what % 8], {}, how % 4 == 0 ? how / 4 % 31 : how / 4 % 4};
  if (saved.state != State::open) return saved;
  saved.left = std::chrono::milliseconds{std::min(time, longest) / ms};
  if (how >= 224) saved.step = 31;  // by hand
  return saved;
}

/// **Returns** the settings that `setup`, of `trace`, is changed to: nothing but the config, the thresholds,
/// the windows, or all of them.
Setup changed(const Bytes& trace, const Setup& setup, std::uint8_t what, std::uint8_t how) {
  Bytes other{trace.begin(), trace.begin() + setup_size};
  const std::uint64_t drawn = detail::mix(std::uint64_t{how} << 8 | what);
  for (std::size_t i = 1; i + 1 < setup_size; ++i)
    if (i != 3) other[i] = static_cast<std::uint8_t>(drawn >> (5 * i));
  if (how % 4 == 0) other[3] = static_cast<std::uint8_t>(drawn);  // other waits
  Setup to = setup_of(other);
  if (what % 8 >= 4) to.config = setup.config;
  if (what % 4 == 0 || what % 4 == 2) to.share = setup.share, to.count = setup.count;
  if (what % 4 <= 1) to.span = setup.span, to.slower_than = setup.slower_than;
  return to;
}

/// **Returns** what is done by hand.
Operation::Kind hand_of(std::size_t index) {
  using enum Operation::Kind;
  constexpr std::array<Operation::Kind, 20> hands = {
      trip,     trip,    trip_for,      trip_for,      trip_for,      retry_in,     retry_in,
      retry_in, reset,   reset,         force_open,    force_open,    disable,      disable,
      save,     restore, restore_other, restore_other, restore_other, restore_other};
  return hands[index % hands.size()];
}

}  // namespace

Setup setup_of(const Bytes& trace) {
  const auto first = waits[trace[3] % waits.size()];
  Setup setup{
      .circuit = trace[0],
      .config = {.open_for = open_for(trace),
                 .probes = 1 + trace[6] % 3,
                 .close_after = trace[6] / 4 % 4 == 0 ? Config::as_probes : trace[6] / 4 % 4,
                 .reopen_after = std::array{1, 2, 1, 3}[trace[6] / 16 % 4],
                 .probe_lease = {},
                 .slow_start = trace[10] >= 176,
                 .retry_after_max = nanoseconds{scaled(first, trace[7])},
                 .mode = trace[7] >= 224 ? Mode::shadow : Mode::enforce},
      .start = 0,
      .share = Ratio{1 + trace[1] % 4, 4},
      .count = 1 + trace[2] % 5,
      .span = std::max(Ticks{10}, scaled(first, trace[9])),
      .slower_than = scaled(first, static_cast<std::uint8_t>(trace[9] / 8)),
  };
  if (trace[10] % 2 == 0)
    setup.config.probe_lease = nanoseconds{scaled(first, static_cast<std::uint8_t>(trace[10] / 2))};
  constexpr std::array<Ticks, 4> starts = {0, -5'000'000'001, 1'700'000'000'123'456'789,
                                           -4000 * day};
  setup.start = starts[trace[11] % starts.size()];
  return setup;
}

Operation operation_of(const Bytes& trace, std::size_t index, const Setup& setup) {
  using Kind = Operation::Kind;
  const std::size_t place = setup_size + index * operation_size;
  const std::uint8_t kind = trace[place] % 64;
  const std::uint8_t a = trace[place + 1];
  const std::uint8_t b = trace[place + 2];

  Operation operation{.kind = Kind::call, .slot = a % slots, .verdict = verdict_of(trace, b)};
  if (b >= 192)  // whatever the verdict
    operation.retry_after = step_of(setup, a, static_cast<std::uint8_t>(a / 8 + b / 8));
  operation.trips = operation.verdict == Verdict::failure && a >= 240;
  const bool by_hand = trace[8] >= 128 && b % 2 == 0;  // in every other circuit, now and then
  if (kind < 14) {
    operation.kind = Kind::acquire;
    operation.may_probe = b % 8 != 7;
    operation.is_within = b % 8 == 6;
    operation.other = b / 8 % slots;
  } else if (kind < 30) {
    operation.kind = Kind::settle;
  } else if (kind >= 44 && kind < 56) {
    operation.kind = Kind::advance;
    operation.time = step_of(setup, a, b);
    // Some circuits have a clock that is set back.
    if (kind == 55 && trace[11] >= 128) operation.time = -operation.time;
  } else if (kind == 56 && b >= 240) {
    operation.kind = Kind::linger;
    operation.time = longest_lease(setup);
  } else if (kind == 56) {
    operation.kind = b >= 208 ? Kind::check : Kind::drop;
  } else if (kind == 57 && a >= 128) {
    operation.kind = Kind::reconfigure;
    operation.settings = changed(trace, setup, a % 8, b);
    operation.with_policy = a % 4 != 0 || a % 8 == 4;
  } else if (kind == 57) {
    operation.kind = Kind::if_dropped;
  } else if (kind == 58) {
    operation.kind = a % 4 == 0 ? Kind::swap : Kind::move;
    operation.other = b % slots;
  } else if (kind >= 59 && by_hand) {
    operation.kind = hand_of((kind - 59u) * 4 + trace[place] / 64u);
    operation.time = step_of(setup, a, b);
    if (operation.kind == Kind::trip_for)
      operation.time = std::clamp(operation.time, Ticks{1}, longest);
    operation.saved = saved_of(a, b, operation.time);
  }
  if (operation.kind == Kind::call) {
    using Fallback = Operation::Fallback;
    constexpr std::array<Ticks, 4> slow = {0, 0, 1, 0};
    constexpr std::array<Fallback, 8> fallbacks = {
        Fallback::none,      Fallback::none,  Fallback::rejection, Fallback::no_result,
        Fallback::no_result, Fallback::plain, Fallback::value,     Fallback::no_result};
    operation.time = (a / 16 % 4 == 0 ? 0 : setup.slower_than) + slow[a / 16 % 4];
    operation.fallback = fallbacks[a % 8];
    operation.throws = b / 8 % 16 == 3;
    operation.may_probe = a / 8 % 2 == 0 || a < 192;
    operation.within = trace[place] / 64u;
  }
  return operation;
}

std::string to_hex(const Bytes& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(byte));
    text += two;
  }
  return text;
}

Bytes from_hex(const std::string& text) {
  Bytes bytes;
  for (std::size_t i = 0; i + 2 <= text.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::string to_text(const Setup& setup) {
  const Backoff& wait = setup.config.open_for.backoff();
  std::ostringstream out;
  out << "open_for " << wait.first.ticks() << " ns × " << wait.factor.hundredths() << " % up to "
      << wait.max.ticks() << ", jitter " << wait.jitter.part() << '/' << wait.jitter.whole()
      << " seed " << wait.seed << ", probes " << setup.config.probes << ", close_after "
      << (setup.config.close_after == Config::as_probes ? setup.config.probes
                                                        : setup.config.close_after)
      << ", reopen_after " << setup.config.reopen_after << ", lease " << lease_of(setup.config)
      << (setup.config.slow_start ? " ns, slow start" : " ns") << ", retry_after_max "
      << setup.config.retry_after_max.ticks() << " ns"
      << (setup.config.mode == Mode::shadow ? ", shadow" : "") << "; share " << setup.share.part()
      << '/' << setup.share.whole() << ", count " << setup.count << ", span " << setup.span
      << " ns, slower_than " << setup.slower_than << " ns; the clock shows " << setup.start;
  return out.str();
}

namespace {

std::string to_text(Operation::Fallback fallback) {
  constexpr std::array names = {"", " with a fallback for refusals",
                                " with a fallback that is told why", " with a fallback",
                                " with a value to fall back on"};
  return names[static_cast<std::size_t>(fallback)];
}

}  // namespace

std::string to_text(const Saved& saved) {
  return std::string{to_string(saved.state)} + ", " + std::to_string(saved.left.count()) +
         " ms left, step " + std::to_string(saved.step);
}

std::string to_text(const Operation& operation) {
  using Kind = Operation::Kind;
  const std::string slot = " " + std::to_string(operation.slot);
  const std::string time = " " + std::to_string(operation.time) + " ns";
  std::string verdict = std::string{" "} + to_string(operation.verdict);
  if (operation.trips) verdict += ", trips";
  if (operation.retry_after > 0)
    verdict += ", retry_after " + std::to_string(operation.retry_after) + " ns";
  switch (operation.kind) {
    case Kind::acquire:
      return "acquire into slot" + slot + (operation.may_probe ? "" : ", never a probe") +
             (operation.is_within ? ", as part of " + std::to_string(operation.other) : "");
    case Kind::settle: return "settle slot" + slot + ":" + verdict;
    case Kind::call:
      return (operation.may_probe ? "call" : "call, never a probe") + to_text(operation.fallback) +
             ", takes" + time + ": " + (operation.throws ? "throws" : verdict) +
             (operation.within == 0 ? "" : ", meanwhile:");
    case Kind::drop: return "drop slot" + slot;
    case Kind::if_dropped: return "if slot" + slot + " is dropped:" + verdict;
    case Kind::move: return "move slot" + slot + " to " + std::to_string(operation.other);
    case Kind::swap: return "swap slots" + slot + " and " + std::to_string(operation.other);
    case Kind::advance: return "advance" + time;
    case Kind::linger:
      return std::to_string(lingers) + " times: advance" + time + ", acquire into slot" + slot;
    case Kind::check: return "check";
    case Kind::trip: return "trip";
    case Kind::trip_for: return "trip for" + time;
    case Kind::retry_in: return "retry in" + time;
    case Kind::force_open: return "force_open";
    case Kind::disable: return "disable";
    case Kind::reset: return "reset";
    case Kind::save: return "save";
    case Kind::restore: return "restore what was saved last";
    case Kind::restore_other: return "restore " + to_text(operation.saved);
    case Kind::reconfigure:
      return std::string{"reconfigure"} +
             (operation.with_policy ? " to: " : ", the config alone: ") +
             to_text(*operation.settings);
  }
  return "?";
}

}  // namespace model
