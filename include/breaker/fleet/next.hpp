// next: what the store does, as a pure function. fleet::MemoryStore runs it; the script of
// adapters/hiredis.hpp is its translation, and is held against it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "breaker/base/version.hpp"
#include "breaker/fleet/protocol.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace fleet {

/// What a store keeps of a circuit while anything is said of it: votes and rights to probe that run
/// out by themselves, and the verdict. Nothing in it has to be taken back by who has died.
struct Entry {
  /// At most that many votes, and that many rights to probe.
  static constexpr std::size_t most = 16;

  /// One voter's.
  struct Lease {
    std::string voter;        ///< Whose it is.
    Milliseconds until = 0;   ///< When it ends.
    std::uint32_t score = 0;  ///< A vote's.
    friend bool operator==(const Lease&, const Lease&) = default;
  };

  std::vector<Lease> votes;   ///< In no order.
  std::vector<Lease> probes;  ///< In no order.
  std::vector<Lease> failed;  ///< Whose probe has failed lately. In no order.
  std::uint32_t quorum = 0;   ///< The strictest that any voter asked for, in %.
  Milliseconds bad = 0;       ///< Until when the verdict stands.
  Milliseconds after = 0;     ///< No probe goes out before.
  Milliseconds epoch = 0;     ///< Of the last verdict.

  /// **Returns** whether nothing is said in it.
  [[nodiscard]] bool is_empty() const noexcept { return votes.empty() && bad == 0; }
};

/// What next() answers.
struct Step {
  Answer answer;       ///< To who asked.
  bool tells = false;  ///< `answer.bad_for` and `answer.epoch` are told to everybody.
};

namespace detail {

/// A command that is so old, or of so far ahead, is still carried out.
inline constexpr Milliseconds latest = 1000;

inline void drop_ended(std::vector<Entry::Lease>& leases, Milliseconds now) {
  std::erase_if(leases, [now](const Entry::Lease& one) { return one.until <= now; });
}

/// The lease that ends first, of two the one whose voter's name comes first.
inline auto first_to_end(std::vector<Entry::Lease>& leases) {
  return std::min_element(leases.begin(), leases.end(), [](const auto& one, const auto& other) {
    return one.until != other.until ? one.until < other.until : one.voter < other.voter;
  });
}

inline void drop(std::vector<Entry::Lease>& leases, std::string_view voter) {
  std::erase_if(leases, [voter](const Entry::Lease& one) { return one.voter == voter; });
}

/// Put a lease in place of the one that its voter had; if there are too many, the first to end goes.
inline void put(std::vector<Entry::Lease>& leases, const Entry::Lease& lease) {
  detail::drop(leases, lease.voter);
  if (leases.size() >= Entry::most) leases.erase(detail::first_to_end(leases));
  leases.push_back(lease);
}

/// A request with all numbers in their ranges.
inline Request in_range(Request request) {
  request.voter = request.voter.substr(0, 64);
  request.score = std::clamp(request.score, 1u, 100u);
  request.quorum = std::clamp(request.quorum, 100u, 1600u);
  request.lease = std::clamp(request.lease, Milliseconds{1}, Milliseconds{60'000});
  request.open = std::clamp(request.open, Milliseconds{1}, Milliseconds{3'600'000});
  request.probes = std::clamp(request.probes, 1u, 16u);
  return request;
}

/// The verdict "bad" stands for a lease and two open waits from now.
inline void judge(Entry& entry, const Request& request, Milliseconds now) {
  entry.bad = (std::max)(entry.bad, now + request.lease + 2 * request.open);
  entry.epoch = (std::max)(entry.epoch + 1, now);
}

/// Count a vote. **Returns** whether there is something new to tell.
inline bool vote(Entry& entry, const Request& request, Milliseconds now) {
  detail::put(entry.votes, {std::string{request.voter}, now + request.lease, request.score});
  entry.quorum = (std::max)(entry.quorum, request.quorum);
  std::uint32_t sum = 0;
  for (const Entry::Lease& one : entry.votes) sum += one.score;
  if (entry.bad > now || sum < entry.quorum) return false;
  detail::judge(entry, request, now);
  return true;
}

/// A probe failed. **Returns** whether there is something new to tell.
inline bool prolong(Entry& entry, const Request& request, Milliseconds now) {
  detail::drop(entry.probes, request.voter);
  if (entry.bad <= now) return false;
  detail::put(entry.failed,
              {std::string{request.voter}, now + request.lease + 2 * request.open, 0});
  if (entry.after > now) return false;
  detail::judge(entry, request, now);
  entry.after = now + request.open;
  return true;
}

/// **Returns** from when on the node that asks may probe, if no other does. One that has failed comes second:
/// it may be sick itself.
inline Milliseconds may_probe_from(const Entry& entry, const Request& request) {
  const bool has_failed =
      std::any_of(entry.failed.begin(), entry.failed.end(),
                  [&](const Entry::Lease& one) { return one.voter == request.voter; });
  return entry.after + (has_failed ? request.open / 2 : 0);
}

/// A question whether to probe. Without a verdict it is nobody's business.
inline void ask(Entry& entry, const Request& request, Milliseconds now, Answer& answer) {
  detail::drop(entry.probes, request.voter);
  const Milliseconds from = detail::may_probe_from(entry, request);
  const bool is_full = entry.probes.size() >= request.probes;
  answer.yes = entry.bad <= now || (from <= now && !is_full);
  if (entry.bad > now && answer.yes)
    detail::put(entry.probes, {std::string{request.voter}, now + request.lease, 0});
  if (!answer.yes)
    answer.wait = (from > now ? from : detail::first_to_end(entry.probes)->until) - now;
}

}  // namespace detail

/// Carry out `asked` at the store's time `now`, in an `entry` that is empty if nothing was said of the
/// circuit before. **Returns** the answer, and whether everybody is told.
/// - A **vote** is a lease. When the scores of those that last reach the quorum, the verdict "bad" stands
///   for a lease and two open waits; it is told once.
/// - While it stands, no more **probes** are out at a time than the asking node allows, and none goes out
///   within an open wait of one that failed, or one and a half by the same voter.
/// - A probe that **failed** prolongs a verdict, once in an open wait; that is told again.
/// - A probe that **succeeded** ends everything, what others voted, too. "Good" is told if there was a
///   verdict.
/// - A command that is **late** changes nothing.
///
/// **Complexity** O(votes), of which there are 16 at most.
[[nodiscard]] inline Step next(Entry& entry, const Request& asked, Milliseconds now) {
  const Request request = detail::in_range(asked);
  detail::drop_ended(entry.votes, now);
  detail::drop_ended(entry.probes, now);
  detail::drop_ended(entry.failed, now);
  if (entry.votes.empty() && entry.bad <= now) entry = {};

  Step step;
  Answer& answer = step.answer;
  answer.now = now;
  answer.kind = Answer::Kind::done;
  Milliseconds epoch = 0;  // of a verdict that this command ends
  const Milliseconds off = now > request.sent ? now - request.sent : request.sent - now;
  if (request.op == Op::query) {
  } else if (off > detail::latest) {
    answer.kind = Answer::Kind::late;
  } else if (request.op == Op::ask) {
    detail::ask(entry, request, now, answer);
  } else if (request.op == Op::probe_succeeded) {
    step.tells = entry.bad > now;
    if (step.tells) epoch = (std::max)(entry.epoch + 1, now);
    entry = {};
  } else if (request.op == Op::probe_failed) {
    step.tells = detail::prolong(entry, request, now);
  } else {
    step.tells = detail::vote(entry, request, now);
  }
  answer.epoch = (std::max)(entry.epoch, epoch);
  answer.bad_for = entry.bad > now ? entry.bad - now : 0;
  return step;
}

}  // namespace fleet
BREAKER_ABI_END
}  // namespace breaker
