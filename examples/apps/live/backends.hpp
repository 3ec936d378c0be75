// Three small HTTP services on loopback that can be broken, slowed down and repaired.
#pragma once

#include <array>
#include <memory>
#include <string>

namespace live {

enum class Health { healthy, slow, broken };

inline constexpr std::array<const char*, 3> backend_names{"stock", "prices", "payments"};

class Backends {
 public:
  /// Starts all of them, on ports that the system picks.
  Backends();
  Backends(const Backends&) = delete;
  Backends& operator=(const Backends&) = delete;
  ~Backends();

  void set(std::size_t backend, Health health);
  [[nodiscard]] Health health(std::size_t backend) const;
  [[nodiscard]] int port(std::size_t backend) const;

 private:
  struct Backend;
  std::array<std::unique_ptr<Backend>, backend_names.size()> backends_;
};

/// **Returns** "healthy", "slow", "broken".
[[nodiscard]] std::string to_string(Health health);

}  // namespace live
