// Whether a class has a member of some name, of whatever type and access.
#pragma once

#include <type_traits>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// A member of `T` that `Names` has too is looked for by the ambiguity that the two make: a template or
/// an overloaded function counts, whose name can't be taken without arguments.
template <class T, class Names>
struct WithNames : T, Names {};

template <class T>
concept Derivable = std::is_class_v<T> && !std::is_final_v<T>;

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
