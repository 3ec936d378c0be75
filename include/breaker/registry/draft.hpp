// PlaceDraft: room for a place while its circuit is made, without a lock, as that is the user's code.
#pragma once

#include "breaker/base/mutex.hpp"
#include "breaker/base/version.hpp"
#include "breaker/registry/house.hpp"
#include "breaker/registry/label.hpp"
#include "breaker/registry/places.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// Room for a place. Unless it is published, it is given back.
template <class Circuit>
class PlaceDraft {
 public:
  PlaceDraft(House& house, Places<Circuit>& places) : house_{house}, places_{places} {
    const Lock lock{house_.mutex()};
    room_ = places_.take_room();
  }
  PlaceDraft(const PlaceDraft&) = delete;
  PlaceDraft& operator=(const PlaceDraft&) = delete;
  ~PlaceDraft() {
    if (is_published_) return;
    const Lock lock{house_.mutex()};
    places_.give_back(room_);
  }

  /// **Returns** where the place is to be made.
  [[nodiscard]] void* memory() const noexcept { return room_.memory(); }

  /// The place of `label` was made there, and is free.
  void publish(PlaceLabel& label) noexcept {
    const Lock lock{house_.mutex()};
    places_.publish(room_);
    house_.give_back(label);
    is_published_ = true;
  }

 private:
  House& house_;
  Places<Circuit>& places_;
  typename Places<Circuit>::Room room_;
  bool is_published_ = false;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
