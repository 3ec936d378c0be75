// Whether a class has a member of some name, of whatever type and access.
#pragma once

#include <type_traits>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

// A class with virtual functions and no virtual destructor is its author's affair.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"

/// A member of `T` that `Names` has too is looked for by the ambiguity that the two make: a template or
/// an overloaded function counts, whose name can't be taken without arguments.
template <class T, class Names>
struct WithNames : T, Names {};

#pragma GCC diagnostic pop

template <class T>
concept Derivable = std::is_class_v<T> && !std::is_final_v<T>;

struct NamesCall {
  void operator()();
};
template <class T>
concept HasCallOperator = Derivable<T> && !requires { &WithNames<T, NamesCall>::operator(); };

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
