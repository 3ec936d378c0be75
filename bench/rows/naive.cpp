// The same calls on what a service has instead of this library.
#include "support/naive.hpp"

#include "rows/rows.hpp"
#include "support/circuits.hpp"
#include "support/row.hpp"

namespace bench {

namespace {

template <class Naive, int per_mille>
struct Call {
  int once(Dice& dice) {
    if constexpr (per_mille == 0) return naive_.call([] { return operation(1); });
    const int answer = dice.answer<per_mille>();
    return naive_.call([answer] { return operation(answer); });
  }
  Naive naive_;
};

struct Refused {
  Refused() { naive_.trip(); }
  int once(Dice& /*dice*/) {
    return naive_.call([] { return operation(1); });
  }
  naive::Tutorial naive_;
};

template <class Naive>
void add_naive_one(const std::string& name) {
  add_row<Call<Naive, 0>>("naive/" + name);
  add_row<Call<Naive, 10>>("naive/" + name + "/fail_1");
  add_row<Call<Naive, 200>>("naive/" + name + "/fail_20");
}

}  // namespace

void add_naive() {
  using naive::Deque, naive::Locked, naive::Ring, naive::SpinLock;
  add_naive_one<naive::Tutorial>("tutorial");
  add_row<Refused>("naive/tutorial/open_reject");
  add_row<Call<naive::Tutorial, 1000>>("naive/tutorial/failing_call");
  add_naive_one<Locked<Ring, std::mutex>>("mutex_ring_100");
  add_naive_one<Locked<Ring, SpinLock>>("spin_ring_100");
  add_naive_one<Locked<Deque<Steady>, std::mutex>>("mutex_deque/steady");
  add_naive_one<Locked<Deque<Coarse>, std::mutex>>("mutex_deque/coarse");
  add_naive_one<Locked<Deque<Steady>, SpinLock>>("spin_deque/steady");
  add_naive_one<Locked<Deque<Coarse>, SpinLock>>("spin_deque/coarse");
}

}  // namespace bench
