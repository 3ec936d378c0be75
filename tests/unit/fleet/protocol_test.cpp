// The words of a fleet: what is a message, and what is for others.
#include "breaker/fleet/protocol.hpp"

#include "support/catch.hpp"

using breaker::fleet::Message;
using breaker::fleet::detail::read_message;

TEST_CASE("fleet: a message says which circuit, how it is, of which verdict") {
  Message message;
  CHECK(read_message("bad 1700000000001 5000 pay ments", message));
  CHECK(message.bad);
  CHECK(message.epoch == 1'700'000'000'001);
  CHECK(message.bad_for == 5000);
  CHECK(message.circuit == "pay ments");

  CHECK(read_message("good 7 0 x", message));
  CHECK_FALSE(message.bad);
  CHECK(message.circuit == "x");
}

TEST_CASE("fleet: what is no message is for others") {
  Message message;
  for (const char* const text :
       {"", "bad", "bad ", "bad 1", "bad 1 2", "worse 1 2 x", "bad -1 2 x", "bad 1 2.5 x",
        "bad nan 2 x", "bad 1e9 2 x", "bad  1 2 x", "bad 1234567890123456 2 x",
        "bad 1 99999999999999999999 x", "BAD 1 2 x"}) {
    CAPTURE(text);
    CHECK_FALSE(read_message(text, message));
  }
  CHECK(read_message("bad 123456789012345 2 ", message));
}
