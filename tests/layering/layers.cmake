# What may include what: a header includes headers of lower layers only. Lowest layer first.
set(layers
  "version.hpp"
  "ratio.hpp detail/atomic.hpp detail/mix.hpp detail/series.hpp detail/slabs.hpp"
  "types.hpp detail/key_hash.hpp detail/key_table.hpp detail/mutex.hpp detail/prometheus_text.hpp"
  "config.hpp window/stay.hpp"
  "concepts.hpp window/window.hpp detail/word.hpp describe.hpp"
  "result.hpp clock.hpp listener.hpp counters.hpp permit.hpp detail/record.hpp"
  "classifier.hpp window/count_window.hpp window/time_window.hpp policy/synchronized.hpp"
  "detail/concurrent.hpp policy/consecutive_failures.hpp policy/failure_rate.hpp"
  "policy/failure_count.hpp policy/slow_call_rate.hpp policy/any_of.hpp"
  "detail/fallback.hpp detail/guard.hpp detail/parts.hpp"
  "detail/shell.hpp"
  "circuit_breaker.hpp"
  "registry.hpp detail/circuit_series.hpp"
  "metrics/prometheus.hpp"
  "breaker.hpp")

# For users' tests: on top of the named layer, below nothing.
set(testing_headers testing/manual_clock.hpp testing/transition_log.hpp)
set(testing_may_include version.hpp ratio.hpp types.hpp config.hpp concepts.hpp)

# For one third-party library each, on top of everything: they may include any named header, and of
# each other only what needs no library.
set(adapter_headers
  adapters/asio.hpp adapters/curl.hpp adapters/detail/asio_within.hpp adapters/detail/grpc_call.hpp
  adapters/detail/prometheus_scrape.hpp adapters/grpc.hpp adapters/http.hpp adapters/httplib.hpp
  adapters/prometheus_cpp.hpp adapters/retry_after.hpp adapters/spdlog.hpp)
set(adapters_may_share
  adapters/detail/asio_within.hpp adapters/detail/grpc_call.hpp
  adapters/detail/prometheus_scrape.hpp adapters/http.hpp adapters/retry_after.hpp)
set(longest_adapter 100)  # lines

# Standard headers, chosen by what they cost (none of them brings <string>, <functional> or
# <iostream>). Anything else in a header of ours is an error, other libraries' headers too.
set(std_anywhere
  atomic bit chrono concepts cstddef cstdint cstdio cstdlib cstring ctime exception limits new ratio type_traits
  utility)
# These are dearer and stand only where listed.
set(std_algorithm adapters/retry_after.hpp)
set(std_array detail/prometheus_text.hpp adapters/detail/prometheus_scrape.hpp)
set(std_charconv detail/prometheus_text.hpp)
set(std_initializer_list detail/prometheus_text.hpp)
set(std_memory
  detail/key_table.hpp registry.hpp ${testing_headers}
  adapters/grpc.hpp adapters/prometheus_cpp.hpp adapters/spdlog.hpp)
set(std_condition_variable detail/mutex.hpp)  # where there is no futex, as <mutex>
set(std_mutex detail/mutex.hpp testing/transition_log.hpp)
set(std_random registry.hpp)
set(std_string
  result.hpp describe.hpp registry.hpp metrics/prometheus.hpp detail/prometheus_text.hpp
  adapters/detail/prometheus_scrape.hpp adapters/prometheus_cpp.hpp adapters/spdlog.hpp)
set(std_string_view
  detail/key_hash.hpp detail/key_table.hpp detail/prometheus_text.hpp metrics/prometheus.hpp registry.hpp
  adapters/grpc.hpp adapters/http.hpp adapters/detail/prometheus_scrape.hpp adapters/prometheus_cpp.hpp
  adapters/retry_after.hpp)
set(std_system_error result.hpp)
set(std_vector
  detail/prometheus_text.hpp detail/slabs.hpp registry.hpp testing/transition_log.hpp
  adapters/grpc.hpp adapters/detail/prometheus_scrape.hpp adapters/prometheus_cpp.hpp)

set(std_optional adapters/detail/asio_within.hpp)
set(std_variant adapters/detail/asio_within.hpp)

# The libraries of the adapters.
foreach(header bind_cancellation_slot co_spawn redirect_error steady_timer use_awaitable)
  set(std_asio/${header}.hpp adapters/detail/asio_within.hpp)
  set(std_boost/asio/${header}.hpp adapters/detail/asio_within.hpp)
endforeach()
set(std_curl/curl.h adapters/curl.hpp)
set(std_grpcpp/support/client_interceptor.h adapters/detail/grpc_call.hpp adapters/grpc.hpp)
set(std_grpcpp/support/status.h adapters/detail/grpc_call.hpp)
set(std_httplib.h adapters/httplib.hpp)
set(std_prometheus/client_metric.h adapters/detail/prometheus_scrape.hpp)
set(std_prometheus/collectable.h adapters/prometheus_cpp.hpp)
set(std_prometheus/metric_family.h adapters/detail/prometheus_scrape.hpp adapters/prometheus_cpp.hpp)
set(std_prometheus/metric_type.h adapters/detail/prometheus_scrape.hpp)
set(std_spdlog/logger.h adapters/spdlog.hpp)

# Not in the umbrella header.
set(opt_in_headers registry.hpp metrics/prometheus.hpp ${testing_headers} ${adapter_headers})

set(longest_header 350)  # lines
