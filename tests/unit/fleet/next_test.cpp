// next: what the store does, each rule alone, and every order of commands of three voters.
#include "breaker/fleet/next.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "support/catch.hpp"

using namespace breaker::fleet;
using Kind = Answer::Kind;

namespace {

constexpr Milliseconds start = 1'000'000;

Request request(Op op, std::string_view voter, Milliseconds now, Request more = {}) {
  more.op = op;
  more.voter = voter;
  more.sent = now;
  return more;
}

/// An entry in which a and b have voted at `start`: the verdict stands for 3 s + 2 · 1 s.
Entry with_verdict() {
  Entry entry;
  static_cast<void>(next(entry, request(Op::vote, "a", start), start));
  static_cast<void>(next(entry, request(Op::vote, "b", start), start));
  return entry;
}

}  // namespace

TEST_CASE("fleet: a quorum of votes makes a verdict, which is told once") {
  Entry entry;
  const Step first = next(entry, request(Op::vote, "a", start), start);
  CHECK_FALSE(first.tells);
  CHECK(first.answer.kind == Kind::done);
  CHECK(first.answer.bad_for == 0);

  const Step second = next(entry, request(Op::vote, "b", start + 10), start + 10);
  CHECK(second.tells);
  CHECK(second.answer.bad_for == 5000);
  CHECK(second.answer.epoch == start + 10);

  CHECK_FALSE(next(entry, request(Op::vote, "c", start + 20), start + 20).tells);
}

TEST_CASE("fleet: one voter is one vote, however often it speaks") {
  Entry entry;
  for (int i = 0; i < 100; ++i) {
    CHECK_FALSE(next(entry, request(Op::vote, "a", start), start).tells);
    CHECK_FALSE(next(entry, request(Op::probe_failed, "b", start), start).tells);
  }
  CHECK(entry.votes.size() == 1);  // a failed probe is no vote: who opens again has not tripped
}

TEST_CASE("fleet: a vote is a lease, and nobody has to take it back") {
  Entry entry;
  static_cast<void>(next(entry, request(Op::vote, "a", start), start));
  const Milliseconds later = start + 3000;
  CHECK_FALSE(next(entry, request(Op::vote, "b", later), later).tells);

  Entry other;
  static_cast<void>(next(other, request(Op::vote, "a", start), start));
  CHECK(next(other, request(Op::vote, "b", later - 1), later - 1).tells);
}

TEST_CASE("fleet: votes under advice count for what was seen") {
  Entry entry;
  for (const char* const voter : {"a", "b", "c", "d"})
    CHECK_FALSE(next(entry, request(Op::vote, voter, start, {.score = 40}), start).tells);
  CHECK(next(entry, request(Op::vote, "e", start, {.score = 40}), start).tells);
}

TEST_CASE("fleet: the strictest quorum that a voter asks for counts") {
  Entry entry;
  static_cast<void>(next(entry, request(Op::vote, "a", start, {.quorum = 300}), start));
  CHECK_FALSE(next(entry, request(Op::vote, "b", start, {.quorum = 100}), start).tells);
  CHECK(next(entry, request(Op::vote, "c", start, {.quorum = 100}), start).tells);
}

TEST_CASE("fleet: what is out of its range is taken for the nearest that is not") {
  Entry entry;
  const Request huge{.score = 4'000'000'000,
                     .quorum = 0,
                     .lease = ~Milliseconds{0},
                     .open = ~Milliseconds{0},
                     .probes = 4'000'000'000};
  const Step step = next(entry, request(Op::vote, std::string(1000, 'x'), start, huge), start);
  CHECK(step.tells);  // a quorum of 1 is allowed, one of 0 is not
  CHECK(step.answer.bad_for == 60'000 + 2 * 3'600'000);
  CHECK(entry.votes.at(0).score == 100);
  CHECK(entry.votes.at(0).voter.size() == 64);
  CHECK(entry.quorum == 100);
}

TEST_CASE("fleet: no more than 16 votes are kept, and the first to end makes room") {
  Entry entry;
  const Request strict{.quorum = 1600};
  for (int i = 0; i < 20; ++i) {
    const auto now = start + static_cast<Milliseconds>(i);
    const Step step = next(entry, request(Op::vote, std::to_string(i), now, strict), now);
    CHECK(step.tells == (i == 15));
  }
  CHECK(entry.votes.size() == Entry::most);
  const auto has = [&](const char* voter) {
    return std::any_of(entry.votes.begin(), entry.votes.end(),
                       [voter](const auto& one) { return one.voter == voter; });
  };
  CHECK_FALSE(has("3"));
  CHECK(has("4"));
}

TEST_CASE("fleet: without a verdict everybody may probe") {
  Entry entry;
  for (const char* const voter : {"a", "b", "c"})
    CHECK(next(entry, request(Op::ask, voter, start), start).answer.yes);
  CHECK(entry.is_empty());
}

TEST_CASE("fleet: while a verdict stands, one probe at a time is out, or as many as allowed") {
  Entry entry = with_verdict();
  CHECK(next(entry, request(Op::ask, "a", start), start).answer.yes);
  const Answer refused = next(entry, request(Op::ask, "b", start + 100), start + 100).answer;
  CHECK_FALSE(refused.yes);
  CHECK(refused.wait == 2900);
  CHECK(next(entry, request(Op::ask, "a", start + 100), start + 100).answer.yes);  // its own
  CHECK(next(entry, request(Op::ask, "b", start + 100, {.probes = 2}), start + 100).answer.yes);
  CHECK_FALSE(
      next(entry, request(Op::ask, "c", start + 100, {.probes = 2}), start + 100).answer.yes);
}

TEST_CASE("fleet: a prober that dies is followed by another when its lease is over") {
  Entry entry = with_verdict();
  static_cast<void>(next(entry, request(Op::ask, "a", start), start));
  CHECK_FALSE(next(entry, request(Op::ask, "b", start + 2999), start + 2999).answer.yes);
  CHECK(next(entry, request(Op::ask, "b", start + 3000), start + 3000).answer.yes);
}

TEST_CASE(
    "fleet: a failed probe prolongs the verdict, is told, and nobody probes for an open wait") {
  Entry entry = with_verdict();
  static_cast<void>(next(entry, request(Op::ask, "a", start), start));
  const Milliseconds now = start + 1000;
  const Step failed = next(entry, request(Op::probe_failed, "a", now), now);
  CHECK(failed.tells);
  CHECK(failed.answer.bad_for == 5000);
  CHECK(failed.answer.epoch == now);

  const Answer refused = next(entry, request(Op::ask, "b", now + 400), now + 400).answer;
  CHECK_FALSE(refused.yes);
  CHECK(refused.wait == 600);
  CHECK_FALSE(next(entry, request(Op::probe_failed, "c", now + 400), now + 400).tells);
  // Who failed comes second: it may be sick itself.
  const Answer second = next(entry, request(Op::ask, "a", now + 1000), now + 1000).answer;
  CHECK_FALSE(second.yes);
  CHECK(second.wait == 500);
  Entry other = entry;
  CHECK(next(other, request(Op::ask, "a", now + 1500), now + 1500).answer.yes);
  CHECK(next(entry, request(Op::ask, "b", now + 1000), now + 1000).answer.yes);
}

TEST_CASE("fleet: a good probe ends everything, and is told if there was a verdict") {
  Entry entry = with_verdict();
  const Step good = next(entry, request(Op::probe_succeeded, "c", start), start);
  CHECK(good.tells);
  CHECK(good.answer.bad_for == 0);
  CHECK(good.answer.epoch == start + 1);
  CHECK(entry.is_empty());
  CHECK_FALSE(next(entry, request(Op::probe_succeeded, "c", start), start).tells);
}

TEST_CASE("fleet: a command that is late, or of a time to come, changes nothing") {
  Entry entry = with_verdict();
  const std::size_t votes = entry.votes.size();
  const Milliseconds now = start + 2000;
  const Milliseconds sent = GENERATE(Milliseconds{start + 999}, Milliseconds{start + 3001},
                                     Milliseconds{0}, ~Milliseconds{0});
  for (const Op op : {Op::vote, Op::ask, Op::probe_failed, Op::probe_succeeded}) {
    const Step step = next(entry, request(op, "c", sent), now);
    CHECK(step.answer.kind == Kind::late);
    CHECK(step.answer.now == now);
    CHECK_FALSE(step.tells);
  }
  CHECK(entry.votes.size() == votes);
  CHECK(entry.bad == start + 5000);
  CHECK(next(entry, request(Op::query, "c", sent), now).answer.bad_for == 3000);
  CHECK(next(entry, request(Op::vote, "c", start + 1000), now).answer.kind == Kind::done);
}

TEST_CASE("fleet: a verdict ends by itself, and its quorum with it") {
  Entry entry = with_verdict();
  CHECK(next(entry, request(Op::query, "a", start + 4999), start + 4999).answer.bad_for == 1);
  CHECK(next(entry, request(Op::query, "a", start + 5000), start + 5000).answer.bad_for == 0);
  CHECK(entry.is_empty());
  CHECK(entry.quorum == 0);
}

namespace {

/// Every order of the commands of three voters, with time passing in between; what must hold is looked
/// at after each.
struct Orders {
  int probes;
  long seen = 0;

  void from(const Entry& before, Milliseconds now, int left) {
    if (left == 0) return;
    for (const Milliseconds passes : {Milliseconds{500}, Milliseconds{3000}})
      from(before, now + passes, left - 1);
    for (const Op op : {Op::vote, Op::ask, Op::probe_failed, Op::probe_succeeded}) {
      for (const char* const voter : {"a", "b", "c"}) from_command(before, op, voter, now, left);
    }
  }

  void from_command(const Entry& before, Op op, std::string_view voter, Milliseconds now,
                    int left) {
    Entry entry = before;
    const bool stood = entry.bad > now;
    const Request asked = request(op, voter, now, {.probes = static_cast<std::uint32_t>(probes)});
    const Step step = next(entry, asked, now);
    ++seen;
    const bool stands = entry.bad > now;
    const auto live = std::count_if(entry.probes.begin(), entry.probes.end(),
                                    [now](const auto& one) { return one.until > now; });
    bool holds = live <= probes;  // never more probes than allowed
    holds = holds && (stood || !stands || entry.votes.size() >= 2);  // never a verdict by one alone
    holds = holds && (op != Op::ask || step.answer.yes || step.answer.wait > 0);
    holds = holds && (op != Op::ask || step.answer.yes || step.answer.wait <= 3000);
    holds = holds && step.tells == (stood != stands || (stood && entry.epoch > before.epoch));
    holds = holds && (!step.tells || step.answer.epoch > before.epoch || !stood);
    holds = holds && entry.bad <= now + 5000;
    if (!holds) {
      CAPTURE(static_cast<char>(op), voter, now, left);
      FAIL("a rule is broken");
    }
    from(entry, now, left - 1);
  }
};

}  // namespace

TEST_CASE("fleet: in every order of three voters' commands the rules hold") {
  Orders orders{.probes = GENERATE(1, 2)};
  orders.from({}, start, 5);
  CHECK(orders.seen > 450'000);
}
