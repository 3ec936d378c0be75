// The module breaker: every public name, but macros, shared memory, and adapters that need another library.
//
//   import breaker;
//   breaker::CircuitBreaker circuit{breaker::Config{}};
//
// GUIDE.md says how to build it, and with which compilers.
module;

#include "breaker/adapters/http.hpp"
#include "breaker/adapters/postgres.hpp"
#include "breaker/breaker.hpp"
#include "breaker/candidate.hpp"
#include "breaker/configured.hpp"
#include "breaker/fleet/fleet.hpp"
#include "breaker/fleet/lua.hpp"
#include "breaker/fleet/memory_store.hpp"
#include "breaker/fleet/next.hpp"
#include "breaker/metrics/duration_histogram.hpp"
#include "breaker/metrics/prometheus.hpp"
#include "breaker/metrics/transition_counters.hpp"
#include "breaker/registry.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "breaker/text/circuit.hpp"
#include "breaker/text/forecast.hpp"
#include "breaker/text/pairs.hpp"
#include "breaker/text/rule.hpp"
#include "breaker/text/sentence.hpp"
#include "breaker/window/striped_count_window.hpp"

export module breaker;

export namespace breaker {
BREAKER_ABI_BEGIN

using breaker::accept_unsteady_clock;
using breaker::Advised;
using breaker::advised;
using breaker::all_of;
using breaker::AllOf;
using breaker::any_of;
using breaker::AnyClock;
using breaker::AnyOf;
using breaker::AnyRule;
using breaker::Backoff;
using breaker::BadCallRate;
using breaker::BadCallRateSettings;
using breaker::BadSibling;
using breaker::Buckets;
using breaker::buckets_up_to;
using breaker::CachedClock;
using breaker::CallDurations;
using breaker::CallTotals;
using breaker::Candidate;
using breaker::CandidateCounts;
using breaker::checked;
using breaker::circuit;
using breaker::CircuitBreaker;
using breaker::CircuitName;
using breaker::CircuitOf;
using breaker::CircuitOpen;
using breaker::CircuitView;
using breaker::clock_use_of;
using breaker::ClockUse;
using breaker::CoarseClock;
using breaker::Config;
using breaker::ConfigError;
using breaker::Configured;
using breaker::ConsecutiveFailures;
using breaker::content_type_of;
using breaker::Counters;
using breaker::CountWindow;
using breaker::Cusum;
using breaker::CusumSettings;
using breaker::DefaultClassifier;
using breaker::describe;
using breaker::Duration;
using breaker::DurationHistogram;
using breaker::Errc;
using breaker::error_category;
using breaker::Exemplar;
using breaker::exponential_buckets;
using breaker::Factor;
using breaker::failing_on;
using breaker::failing_when_false;
using breaker::FailingOn;
using breaker::FailingWhenFalse;
using breaker::FailureCount;
using breaker::FailureRate;
using breaker::FailureRateSettings;
using breaker::Forecast;
using breaker::forecast;
using breaker::forecast_condition;
using breaker::from_pairs;
using breaker::Generation;
using breaker::Handle;
using breaker::Ignoring;
using breaker::ignoring;
using breaker::IgnoringUpTo;
using breaker::in_words;
using breaker::InWord;
using breaker::is_shareable;
using breaker::judge;
using breaker::Judgement;
using breaker::last_calls;
using breaker::LastCalls;
using breaker::Limits;
using breaker::Listeners;
using breaker::make_error_code;
using breaker::ManualClock;
using breaker::Mode;
using breaker::MonotonicClock;
using breaker::Name;
using breaker::named;
using breaker::Named;
using breaker::never_probe;
using breaker::NeverProbe;
using breaker::NoListener;
using breaker::NoResult;
using breaker::NoTrace;
using breaker::Numbers;
using breaker::OpenWait;
using breaker::operator|;
using breaker::Outcome;
using breaker::parse;
using breaker::Parsed;
using breaker::percent;
using breaker::Overdue;
using breaker::OverdueSettings;
using breaker::Permit;
using breaker::prometheus_content_type;
using breaker::prometheus_format;
using breaker::prometheus_page;
using breaker::PrometheusFormat;
using breaker::PrometheusPage;
using breaker::Ratio;
using breaker::Reason;
using breaker::reconfigure;
using breaker::Reconfigured;
using breaker::refused_as;
using breaker::Registry;
using breaker::RegistryOf;
using breaker::RegistryReconfigured;
using breaker::RegistrySettings;
using breaker::RegistrySummary;
using breaker::Rejection;
using breaker::RejectionAs;
using breaker::RejectionReason;
using breaker::ResultClassifier;
using breaker::Rule;
using breaker::rule_of;
using breaker::Saved;
using breaker::Sentence;
using breaker::SentenceError;
using breaker::Settings;
using breaker::settings;
using breaker::SettingsFor;
using breaker::SettingsText;
using breaker::Settled;
using breaker::SettledCall;
using breaker::SiblingNormal;
using breaker::Siblings;
using breaker::SlowCallRate;
using breaker::SlowCallRateSettings;
using breaker::Snapshot;
using breaker::Standing;
using breaker::State;
using breaker::Stay;
using breaker::StayId;
using breaker::SteadyClock;
using breaker::succeeding_on;
using breaker::SucceedingOn;
using breaker::Tally;
using breaker::Ticks;
using breaker::TimedCounters;
using breaker::TimeWindow;
using breaker::to_string;
using breaker::TraceId;
using breaker::Traffic;
using breaker::Transition;
using breaker::TransitionCounters;
using breaker::TransitionListener;
using breaker::TransitionLog;
using breaker::TripPolicy;
using breaker::TripRules;
using breaker::Unnamed;
using breaker::usual_buckets;
using breaker::usual_min_calls;
using breaker::validate;
using breaker::Verdict;
using breaker::version_major;
using breaker::version_minor;
using breaker::version_patch;
using breaker::WhenFull;
using breaker::Within;
using breaker::within;
using breaker::Words;

namespace adapters {
using breaker::adapters::HttpResults;
using breaker::adapters::is_http_failure;
using breaker::adapters::judge_http;
using breaker::adapters::judge_sqlstate;
using breaker::adapters::parse_retry_after;
}  // namespace adapters

namespace fleet {
using breaker::fleet::Advisable;
using breaker::fleet::advise;
using breaker::fleet::Agent;
using breaker::fleet::AgentSettings;
using breaker::fleet::AgentStatus;
using breaker::fleet::Answer;
using breaker::fleet::Circuits;
using breaker::fleet::Entry;
using breaker::fleet::Heard;
using breaker::fleet::is_advised;
using breaker::fleet::lua;
using breaker::fleet::machine_id;
using breaker::fleet::MemoryHub;
using breaker::fleet::MemoryStore;
using breaker::fleet::Message;
using breaker::fleet::Milliseconds;
using breaker::fleet::next;
using breaker::fleet::Op;
using breaker::fleet::Request;
using breaker::fleet::Step;
using breaker::fleet::Store;
}  // namespace fleet

namespace literals {
using breaker::literals::operator""_percent;
}  // namespace literals

BREAKER_ABI_END
}  // namespace breaker
