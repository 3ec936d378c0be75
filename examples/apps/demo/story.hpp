// The story that the demo tells, in numbers. Every duration is divided by `speed`.
#pragma once

#include <chrono>

namespace demo {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

class Story {
 public:
  /// `hangs`: the stuck database has a connection for everybody, nobody gets a 503, and clients wait for
  /// long. Else it has two.
  explicit Story(int times_faster, bool all_hang = false) : speed{times_faster}, hangs{all_hang} {}

  int speed;  // 1 is real time
  bool hangs;

  int clients = 16;

  // What happens to the database: it is well, then stuck, then well again.
  milliseconds well_at_first = in(8'000);
  milliseconds stuck = in(26'000);
  milliseconds well_again = in(14'000);
  milliseconds whole = well_at_first + stuck + well_again;

  // The service. While the database is stuck a query hangs and keeps its connection; requests that
  // find no connection in time are answered 503.
  int connections = hangs ? clients : 2;
  milliseconds query_takes = in(20);
  milliseconds query_limit = in(hangs ? 9'000 : 2'000);
  milliseconds connection_limit = in(300);

  // The load: each client makes a payment every so often, and gives up on an answer that takes too
  // long. It always gives up before its next payment is due, so that no payment is late.
  milliseconds pay_every = in(hangs ? 8'000 : 2'000);
  milliseconds client_timeout = in(hangs ? 7'000 : 1'500);

  // The circuit: how many failures in the window open it.
  int failures = 5;
  milliseconds window = in(10'000);
  milliseconds open_for = in(30'000);
  milliseconds overdue_after =
      in(1'000);  // and it opens when that number of calls is out for longer

  [[nodiscard]] int payments_per_client() const { return static_cast<int>(whole / pay_every); }
  [[nodiscard]] int payments() const { return clients * payments_per_client(); }

 private:
  [[nodiscard]] milliseconds in(int real_time) const { return milliseconds{real_time / speed}; }
};

}  // namespace demo
