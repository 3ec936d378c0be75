// Compiles after the macros that windows.h, Qt, X11 and Apple's headers leave behind. Headers of the standard library come
// first, as they do there.
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <exception>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <random>
#include <ratio>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>
#if __has_include(<expected>)
#include <expected>
#endif
// Each library reads its own headers first: what they make of such macros is their affair.
// (Asio takes clang's coroutines for a draft.)
#if __has_include(<asio.hpp>) && defined(__cpp_impl_coroutine) && !defined(__clang__)
#include <asio.hpp>
#define HAS_ASIO
#endif
#if __has_include(<curl/curl.h>)
#include <curl/curl.h>
#define HAS_CURL
#endif
#if __has_include(<spdlog/spdlog.h>)
#include <spdlog/spdlog.h>
#define HAS_SPDLOG
#endif
#if __has_include(<httplib.h>)
#include <httplib.h>
#define HAS_HTTPLIB
#endif
#if __has_include(<hiredis/hiredis.h>)
#include <hiredis/hiredis.h>
#define HAS_HIREDIS
#endif
#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#define HAS_LIBPQ
#endif
#if __has_include(<pqxx/pqxx>)
#include <pqxx/pqxx>
#define HAS_LIBPQXX
#endif
#if __has_include(<prometheus/collectable.h>)
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#define HAS_PROMETHEUS
#endif
#if __has_include(<grpcpp/support/client_interceptor.h>)
#include <grpcpp/support/client_interceptor.h>
#define HAS_GRPC
#endif

#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define small char
#define near
#define far
#define interface struct
#define ERROR 0
#define IN
#define OUT
#define slots
#define signals public
#define emit
#define Status int
#define None 0L
#define Bool int
#define True 1
#define False 0
#define Success 0
#define Always 2
#define check(x) static_cast<void>(x)
#undef assert
#define assert(x) static_cast<void>(0)

#if defined(HAS_ASIO)
#undef emit  // a function of Asio's has that name
#include "breaker/adapters/asio.hpp"
#define emit
#endif
#if defined(HAS_CURL)
#include "breaker/adapters/curl.hpp"
#endif
#if defined(HAS_SPDLOG)
#include "breaker/adapters/spdlog.hpp"
#endif
#if defined(HAS_HTTPLIB)
#include "breaker/adapters/httplib.hpp"
#endif
#if defined(HAS_HIREDIS)
#include "breaker/adapters/hiredis.hpp"
#include "breaker/adapters/redis.hpp"
#endif
#if defined(HAS_LIBPQ)
#include "breaker/adapters/libpq.hpp"
#endif
#if defined(HAS_LIBPQXX)
#include "breaker/adapters/libpqxx.hpp"
#endif
#if defined(HAS_PROMETHEUS)
#include "breaker/adapters/prometheus_cpp.hpp"
#endif
#if defined(HAS_GRPC)
#undef Status  // a class of gRPC's has that name
#include "breaker/adapters/grpc.hpp"
#define Status int
#endif
#include "breaker/adapters/http.hpp"
#include "breaker/adapters/postgres.hpp"
#include "breaker/candidate.hpp"
#include "breaker/configured.hpp"
#include "breaker/text/forecast.hpp"
#include "support/everything.cpp"
