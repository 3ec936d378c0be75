// Circuits: what an agent looks after, where it is no registry.
#pragma once

#include <tuple>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace fleet {

/// References to circuits that have names, see named(). `fleet::Circuits circuits{payments, stock};`
/// **Requires** that the circuits outlive it. **Thread safety** any thread may use it.
template <class... Each>
class Circuits {
 public:
  /// `circuits`: each with a name of its own.
  explicit Circuits(Each&... circuits) noexcept : circuits_{circuits...} {}

  /// Call `visit(std::string_view name, circuit)` for each.
  template <class Visit>
  void for_each(const Visit& visit) const {
    std::apply([&](Each&... each) { (visit(each.name(), each), ...); }, circuits_);
  }

 private:
  std::tuple<Each&...> circuits_;
};

template <class... Each>
Circuits(Each&...) -> Circuits<Each...>;

}  // namespace fleet
BREAKER_ABI_END
}  // namespace breaker
