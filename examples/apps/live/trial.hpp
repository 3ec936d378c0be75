// A trial: settings that are tried beside those of a circuit, see breaker::Candidate.
#pragma once

#include <breaker/breaker.hpp>
#include <breaker/candidate.hpp>
#include <breaker/policy/any_rule.hpp>
#include <breaker/text/sentence.hpp>
#include <memory>
#include <mutex>
#include <utility>

namespace live {

/// Whatever a sentence says; a window of calls holds up to a thousand.
using Policy = breaker::AnyRule<1000>;

/// Settings on trial, and what became of them so far.
struct Tried {
  explicit Tried(const breaker::Settings& its)
      : settings{its}, candidate{its.config, Policy{its.rules}} {}

  const breaker::Settings settings;
  breaker::Candidate<Policy> candidate;
};

/// A listener: tells what is on trial, if anything is, of each call. What begins and ends a trial is const, as a
/// registry shows its listeners so.
class Trial {
 public:
  static constexpr breaker::ClockUse clock_use = breaker::Candidate<Policy>::clock_use;

  Trial() = default;
  /// Given away before it has heard anything, and not to be copied: each circuit has its own.
  Trial(Trial&& /*other*/) noexcept {}

  void on_settled(const breaker::SettledCall& call) const {
    if (const auto tried = now()) tried->candidate.on_settled(call);
  }
  void on_refused(const breaker::Rejection& rejection) const {
    if (const auto tried = now()) tried->candidate.on_refused(rejection);
  }

  /// Try `tried` from now on, or, if it is null, nothing.
  void put(std::shared_ptr<Tried> tried) const {
    const std::lock_guard lock{mutex_};
    tried_ = std::move(tried);
  }
  /// **Returns** what is on trial, or null.
  [[nodiscard]] std::shared_ptr<Tried> now() const {
    const std::lock_guard lock{mutex_};
    return tried_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::shared_ptr<Tried> tried_;  // guarded by mutex_
};

}  // namespace live
