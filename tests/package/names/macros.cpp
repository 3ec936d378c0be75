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
#include <exception>
#include <iterator>
#include <limits>
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
#include <utility>
#include <vector>
#if __has_include(<expected>)
#include <expected>
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
#define assert(x) static_cast<void>(0)

#include "breaker/adapters/http.hpp"
#include "breaker/configured.hpp"
#include "support/everything.cpp"
