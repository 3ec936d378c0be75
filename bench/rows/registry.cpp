// A circuit found by its key, then called: the registry against a map behind a lock, and against the
// call alone.
#include <breaker/registry.hpp>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rows/rows.hpp"
#include "support/circuits.hpp"
#include "support/row.hpp"

namespace bench {

namespace {

using Circuit = Plain<Consecutive>;

std::vector<std::string> make_hosts(int count) {
  std::vector<std::string> hosts;
  for (int i = 0; i < count; ++i)
    hosts.push_back("api-" + std::to_string(i) + ".prod.example.net:8443");
  return hosts;
}

/// The hosts, and which one is next: drawn by the thread's own dice.
template <int Hosts>
struct Keys {
  const std::string& draw(Dice& dice) const {
    return Hosts == 1 ? hosts[0] : hosts[dice.below(Hosts)];
  }
  std::vector<std::string> hosts = make_hosts(Hosts);
};

template <int Hosts>
struct InRegistry {
  InRegistry() {
    for (const std::string& host : keys_.hosts) circuits_.of(host);
  }
  int once(Dice& dice) {
    return circuits_.of(keys_.draw(dice)).call([] { return operation(1); });
  }
  Keys<Hosts> keys_;
  breaker::Registry<> circuits_{{.capacity = 10'000}};
};

/// Who keeps a handle.
template <int Hosts>
struct ByHandle : InRegistry<Hosts> {
  ByHandle() {
    for (const std::string& host : this->keys_.hosts)
      handles_.push_back(this->circuits_.handle(host));
  }
  int once(Dice& dice) {
    const std::size_t host = Hosts == 1 ? 0 : dice.below(Hosts);
    keep(&this->keys_.hosts[host]);
    return handles_[host].call([] { return operation(1); });
  }
  std::vector<breaker::Handle<>> handles_;
};

/// A key of two pieces.
template <int Hosts>
struct ByPieces : InRegistry<Hosts> {
  int once(Dice& dice) {
    const std::string_view host = this->keys_.draw(dice);
    return this->circuits_.of({host.substr(0, 4), host.substr(4)}).call([] {
      return operation(1);
    });
  }
};

/// What services have: a look-up without allocation, under a lock that readers share.
template <int Hosts>
struct InLockedMap {
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Map = std::unordered_map<std::string, Circuit, Hash, std::equal_to<>>;

  InLockedMap() {
    for (const std::string& host : keys_.hosts) circuits_.try_emplace(host);
  }
  int once(Dice& dice) {
    return find(keys_.draw(dice)).call([] { return operation(1); });
  }
  Circuit& find(std::string_view host) {
    const std::shared_lock lock{mutex_};
    return circuits_.find(host)->second;
  }
  Keys<Hosts> keys_;
  Map circuits_;
  alignas(128) std::shared_mutex mutex_;
};

/// Who keeps the reference looks up nothing.
template <int Hosts>
struct ByReference {
  int once(Dice& dice) {
    const std::size_t host = Hosts == 1 ? 0 : dice.below(Hosts);
    keep(&keys_.hosts[host]);
    return circuits_[host].call([] { return operation(1); });
  }
  Keys<Hosts> keys_;
  std::unique_ptr<Circuit[]> circuits_ = std::make_unique<Circuit[]>(Hosts);
};

template <int Hosts>
void add_hosts() {
  const std::string hosts = std::to_string(Hosts);
  add_row<InRegistry<Hosts>>("registry/" + hosts + "/look_up_and_call");
  add_row<ByPieces<Hosts>>("registry/" + hosts + "/pieces_and_call");
  add_row<ByHandle<Hosts>>("registry/" + hosts + "/handle_and_call");
  add_row<InLockedMap<Hosts>>("registry/" + hosts + "/locked_map_and_call");
  add_row<ByReference<Hosts>>("registry/" + hosts + "/call_alone");
}

}  // namespace

void add_registry() {
  add_hosts<1>();
  add_hosts<1000>();
}

}  // namespace bench
