/* The protocol of the state word, for spin: callers, a hand and a clock, each step a load, a clock reading or a
 * compare-exchange. Generations count modulo 4, so that a call in flight can see its number come round. Time is two facts:
 * `due`, the wait of the current opening is over; `idle`, the lease since the last grant is.
 *
 * Checked: assertions at each transition (never more probes than slots, a verdict of an earlier generation moves nothing,
 * counts in range, only edges of the diagram), and that an open or half-open circuit closes in the end, once the service
 * has recovered, nobody interferes by hand and calls end within their lease. See check.sh.
 *
 * BROKEN_ID: a verdict is not held against its generation. BROKEN_LEASE: no lease. BROKEN_STORE: open -> half-open by a
 * store. Each must be found. */

#ifndef CALLERS
#define CALLERS 2
#endif
#ifndef PROBES
#define PROBES 1
#endif
#ifndef CLOSE_AFTER
#define CLOSE_AFTER 2
#endif
#define REOPEN_AFTER 1
#define TRIPS_AT 1
#ifndef COMMANDS
#define COMMANDS 1 /* by hand */
#endif
#define GENERATIONS 4
#define OLD 5 /* transitions ago, or more */

#define CLOSED 0
#define OPEN 1
#define HALF_OPEN 2
#define FORCED_OPEN 3
#define DISABLED 4

#define success 0
#define failure 1
#define ignored 2

/* [2:0] state [4:3] generation | closed: [6:5] failures in a row | half-open: [6:5] held [8:7] good [10:9] bad */
#define STATE(w) ((w) & 7)
#define ID(w) ((w) & 31)
#define ROW(w) (((w) >> 5) & 3)
#define HELD(w) (((w) >> 5) & 3)
#define GOOD(w) (((w) >> 7) & 3)
#define BAD(w) (((w) >> 9) & 3)
#define BEGIN(state, w) ((state) | (((((w) >> 3) + 1) % GENERATIONS) << 3))
#define ROW_ONE (1 << 5)
#define HELD_ONE (1 << 5)
#define GOOD_ONE (1 << 7)
#define BAD_ONE (1 << 9)

short word = 0;
bool due = false;
bool idle = false;
bool recovered = false; /* from now on every call succeeds, and none is lost */
bool hands_off = false; /* no more commands by hand */

/* Not the circuit's knowledge, but ours. */
byte age[CALLERS];      /* transitions since the caller's permit was given, up to OLD */
bool probing[CALLERS];  /* it holds a slot of the current generation */
byte probes_out = 0;    /* so many do, or have lost theirs */
bool came_round = false;/* a verdict met its number again: what follows in this generation is miscounted by one */
byte i;

#define IS_EDGE(a, b)                                                                              \
  ((a) == CLOSED || (a) == HALF_OPEN && (b) != HALF_OPEN || (a) == HALF_OPEN && (b) == HALF_OPEN || \
   (a) == OPEN && (b) != OPEN || (a) == FORCED_OPEN && ((b) == DISABLED || (b) == CLOSED) ||       \
   (a) == DISABLED && ((b) == FORCED_OPEN || (b) == CLOSED))

inline follow(from, to) { /* the ghosts, in the same step as the exchange */
  if
  :: ID(from) != ID(to) ->
     assert(IS_EDGE(STATE(from), STATE(to)));
     assert(STATE(from) != CLOSED || STATE(to) != HALF_OPEN);
     due = false;
     idle = false;
     came_round = false;
     probes_out = 0;
     i = 0;
     do
     :: i < CALLERS ->
        age[i] = (age[i] < OLD -> age[i] + 1 : OLD);
        probing[i] = false;
        i++
     :: else -> break
     od
  :: else
  fi;
  assert(STATE(to) != HALF_OPEN || HELD(to) <= PROBES);
  assert(STATE(to) != HALF_OPEN || GOOD(to) < CLOSE_AFTER && BAD(to) < REOPEN_AFTER);
  assert(STATE(to) != CLOSED || ROW(to) < TRIPS_AT)
}

/* done: whether the word was still `from`, and is `to` now */
inline exchange(from, to, done) {
  done = (word == from);
  if
  :: done -> follow(from, to); word = to
  :: else
  fi
}

inline grant() {
  idle = false;
  age[me] = 0;
  probing[me] = true;
  probes_out++;
  assert(came_round || probes_out <= PROBES)
}

proctype Caller(byte me) {
  short seen, next;
  byte id;
  byte verdict;
  bool done;
  do
  :: /* ---- ask for a permit */
     done = false;
     do
     :: !done ->
        atomic { /* load the word … */
          seen = word;
          age[me] = 0;
          if
          :: STATE(seen) == CLOSED -> id = ID(seen); goto admitted
          :: STATE(seen) == DISABLED || STATE(seen) == FORCED_OPEN -> goto again
          :: else
          fi
        };
        atomic { /* … then the clock, … */
          if
          :: STATE(seen) == OPEN && due -> next = BEGIN(HALF_OPEN, seen) | HELD_ONE
          :: STATE(seen) == HALF_OPEN && HELD(seen) < PROBES -> next = seen + HELD_ONE
#ifndef BROKEN_LEASE
          :: STATE(seen) == HALF_OPEN && HELD(seen) >= PROBES && idle ->
             next = BEGIN(HALF_OPEN, seen) | HELD_ONE
#endif
          :: else -> goto again
          fi
        };
        d_step { /* … then exchange */
#ifdef BROKEN_STORE
          follow(word, next);
          word = next;
          done = true;
#else
          exchange(seen, next, done);
#endif
          if
          :: done -> grant(); id = ID(next)
          :: else
          fi
        }
     :: done -> break
     od;
admitted:

     /* ---- the call runs; how does it end? */
     if
     :: verdict = success
     :: !recovered -> verdict = failure
     :: !recovered -> verdict = ignored
     :: !recovered -> goto again /* never: the permit is lost */
     fi;
     done = false;
     do
     :: !done ->
        atomic {
          seen = word;
          if
#ifdef BROKEN_ID
          :: STATE(seen) != CLOSED && STATE(seen) != HALF_OPEN -> goto again
#else
          :: ID(seen) != id -> goto again
#endif
          :: else
          fi;
          if
          :: STATE(seen) == HALF_OPEN && HELD(seen) == 0 -> goto again
          :: verdict == ignored && (STATE(seen) == CLOSED || HELD(seen) > 0) ->
             next = (STATE(seen) == HALF_OPEN -> seen - HELD_ONE : seen)
          :: verdict == success && STATE(seen) == CLOSED -> next = ID(seen)
          :: verdict == success && STATE(seen) == HALF_OPEN && HELD(seen) > 0 ->
             next = (GOOD(seen) + 1 >= CLOSE_AFTER -> BEGIN(CLOSED, seen) : seen - HELD_ONE + GOOD_ONE)
          :: verdict == failure && STATE(seen) == CLOSED ->
             next = (ROW(seen) + 1 >= TRIPS_AT -> BEGIN(OPEN, seen) : seen + ROW_ONE)
          :: verdict == failure && STATE(seen) == HALF_OPEN && HELD(seen) > 0 ->
             next = (BAD(seen) + 1 >= REOPEN_AFTER -> BEGIN(OPEN, seen) : seen - HELD_ONE + BAD_ONE)
          fi
        };
        d_step {
          done = (word == seen);
          if
          :: done ->
             assert(age[me] == 0 || age[me] >= GENERATIONS); /* else it is of an earlier generation */
             came_round = came_round || age[me] != 0;
             probes_out = (STATE(seen) == HALF_OPEN && probes_out > 0 -> probes_out - 1 : probes_out);
             probing[me] = false;
             follow(seen, next);
             word = next
          :: else
          fi
        }
     :: done -> break
     od;

again:
     skip;
     d_step { probing[me] = false; id = 31; seen = 0; next = 0; verdict = success; done = false }
  od
}

/* Commands by hand, so many. */
proctype Hand() {
  short seen, next;
  bool done;
  byte left = COMMANDS;
  do
  :: left > 0 ->
     left--;
     done = false;
     do
     :: !done ->
        atomic {
          seen = word;
          if
          :: next = BEGIN(CLOSED, seen)
          :: STATE(seen) != FORCED_OPEN -> next = BEGIN(FORCED_OPEN, seen)
          :: STATE(seen) != DISABLED -> next = BEGIN(DISABLED, seen)
          :: STATE(seen) == CLOSED || STATE(seen) == HALF_OPEN -> next = BEGIN(OPEN, seen)
          fi
        };
        d_step { exchange(seen, next, done) }
     :: done -> break
     od
  :: hands_off = true; break
  od
}

/* Time passes. Once the service has recovered, a lease ends only on probes that were lost. */
#define IS_PROBING (probing[0] || probing[1] || CALLERS > 2 && probing[CALLERS - 1])
proctype Clock() {
  do
  :: atomic { STATE(word) == OPEN && !due -> due = true }
  :: atomic { STATE(word) == HALF_OPEN && !idle && (!recovered || !IS_PROBING) -> idle = true }
  od
}

proctype Service() { recovered = true }

init {
  atomic {
    i = 0;
    byte number = 0;
    do
    :: number < CALLERS -> run Caller(number); number++
    :: else -> break
    od;
    run Hand();
    run Clock();
    run Service()
  }
}

#define IN_GOOD_HANDS (recovered && hands_off)
ltl closes {
  [] ((IN_GOOD_HANDS && (STATE(word) == OPEN || STATE(word) == HALF_OPEN)) -> <> (STATE(word) == CLOSED))
}
