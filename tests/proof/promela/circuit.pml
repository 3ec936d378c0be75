/* The protocol of the state word, for spin: callers, a hand and a clock, each step a load, a clock reading or a
 * compare-exchange. Generations count modulo 4, so that a call in flight can see its number come round.
 *
 * Time is one fact, `due`: the wait of the open circuit is over, or the lease since the half-open one's last grant is. The
 * deadline and the stamp, by which the real word knows, are not in this one. What they are good for is: an open or half-open word
 * can't be exchanged once another deadline or stamp was put in its place, however alike the two look. See `date`. (The real
 * ones repeat too: deadlines after a year, stamps after 32 leases.) The clock is never set back. How long a lease or a wait
 * is, and the backoff, are not in this one.
 *
 * Checked: assertions at each transition (only edges of the diagram, no wait and no lease cut short, a verdict of an earlier
 * recovery moves nothing, one of this recovery counts and stays counted, never more probes than slots, each slot a probe's,
 * counts in range), and that an open or half-open circuit closes in the end, once the service has recovered, nobody interferes
 * by hand, calls end within their lease and no caller sleeps through a lease between the clock and the exchange (else its
 * probe is lost when it is granted).
 *
 * What check.sh must find, each by itself:
 * BROKEN_ID: a verdict is not held against its generation. BROKEN_STORE: open -> half-open by a store. BROKEN_LEASE: no lease.
 * BROKEN_STAMP: a grant puts no new stamp into the word. BROKEN_CLOCK: the clock is read before the word.
 * BROKEN_WAIT: no wait ends. BROKEN_LATE: renewals are not counted. BROKEN_SLOT: a late verdict frees a slot.
 * BROKEN_RENEWAL: it forgets what probes said. NEVER=…: of something that does happen, that it never does. */

#ifndef CALLERS
#define CALLERS 2
#endif
#ifndef PROBES
#define PROBES 1
#endif
#ifndef CLOSE_AFTER
#define CLOSE_AFTER 1
#endif
#ifndef REOPEN_AFTER
#define REOPEN_AFTER 1
#endif
#ifndef TRIPS_AT
#define TRIPS_AT 1
#endif
#ifndef NEVER
#define NEVER false
#endif
#ifndef RENEWALS_MAX /* are told apart */
#define RENEWALS_MAX 1
#endif
#define GENERATIONS 4

#define CLOSED 0
#define OPEN 1
#define HALF_OPEN 2
#define FORCED_OPEN 3
#define DISABLED 4

#define success 0
#define failure 1
#define ignored 2
#define trips 3 /* a classifier opens the circuit, whatever has been counted */

/* [2:0] state [4:3] generation | closed: [6:5] failures in a row | half-open: [6:5] held [8:7] good [10:9] bad [12:11] renewals */
#define STATE(w) ((w) & 7)
#define ID(w) ((w) & 31)
#define ROW(w) (((w) >> 5) & 3)
#define HELD(w) (((w) >> 5) & 3)
#define GOOD(w) (((w) >> 7) & 3)
#define BAD(w) (((w) >> 9) & 3)
#define RENEWALS(w) (((w) >> 11) & 3)
#define SINCE(w, id) (((((w) >> 3) & 3) + GENERATIONS - (((id) >> 3) & 3)) % GENERATIONS) /* stays */
#define BEGIN(state, w) ((state) | (((((w) >> 3) + 1) % GENERATIONS) << 3))
#define ROW_ONE (1 << 5)
#define HELD_ONE (1 << 5)
#define GOOD_ONE (1 << 7)
#define BAD_ONE (1 << 9)
#define GOOD_AND_BAD (15 << 7)
#define RENEWAL_ONE (1 << 11)
#ifdef SLOW_START
#define SLOTS(w) (GOOD(w) + 1 < PROBES -> GOOD(w) + 1 : PROBES)
#else
#define SLOTS(w) PROBES
#endif
#define IS_DATED(w) (STATE(w) == OPEN || STATE(w) == HALF_OPEN)
#define GONE 7 /* in place of a word that was read: nothing equals it */

short word = 0;
bool due = false;
bool calm = false; /* from now on every call succeeds and none is lost, and no more commands by hand */

short seen[CALLERS] = GONE;  /* the word that the caller loaded */
byte permit[CALLERS] = GONE; /* the id that it was admitted with */

/* Not the circuit's knowledge, but ours. */
byte age[CALLERS] = GENERATIONS; /* transitions since the permit was given: so many, or more */
bool is_past[CALLERS] = true;    /* the closed time, or the recovery, in which it was given is over */
byte probes_out = 0;             /* probes of this generation that have not ended, or never will */
byte good = 0, bad = 0;          /* what the probes of this recovery said */
bool came_round = false;         /* a verdict met its number again: what follows in this recovery is miscounted by one */
byte i;
short to; /* what is put in the word's place, within a step */
#define IS_PROBE(p) (age[p] == 0 && STATE(permit[p]) == HALF_OPEN)
#define ANY_PROBE (IS_PROBE(0) || IS_PROBE(CALLERS - 1) || IS_PROBE(CALLERS / 2))

/* By calls. By hand a circuit gets from everywhere to everywhere but half-open. */
#define IS_EDGE(a, b)                                                                                     \
  ((a) == CLOSED && (b) == OPEN || (a) == OPEN && (b) == HALF_OPEN ||                                     \
   (a) == HALF_OPEN && ((b) == HALF_OPEN || (b) == OPEN || (b) == CLOSED))
#define IS_RENEWAL (STATE(word) == HALF_OPEN && STATE(to) == HALF_OPEN)

/* Another deadline or stamp takes the place of the word's, or none does: whoever has seen the old one exchanges in vain. */
inline date() {
  due = false;
#ifndef BROKEN_STORE
  i = 0;
  do
  :: i < CALLERS -> seen[i] = (IS_DATED(seen[i]) -> GONE : seen[i]); i++
  :: else -> break
  od;
  i = 0
#endif
}

inline begin_stay() {
  assert(STATE(to) != HALF_OPEN || due); /* no wait and no lease is cut short */
  date();
  probes_out = 0;
  i = 0;
  do
  :: i < CALLERS ->
     age[i] = (age[i] < GENERATIONS -> age[i] + 1 : GENERATIONS);
     is_past[i] = is_past[i] || !IS_RENEWAL;
     i++
  :: else -> break
  od;
  i = 0;
  if
  :: IS_RENEWAL
  :: else -> came_round = false; good = 0; bad = 0
  fi
}

/* The exchange, where it succeeds. */
inline put() {
  assert(!(NEVER)); /* never */
  if
  :: ID(to) != ID(word) -> begin_stay()
  :: else
  fi;
  word = to;
  to = 0;
  assert(STATE(word) != HALF_OPEN || HELD(word) <= SLOTS(word)); /* never more probes than slots */
  assert(STATE(word) != HALF_OPEN || GOOD(word) < CLOSE_AFTER && BAD(word) < REOPEN_AFTER); /* counts in range */
  assert(STATE(word) != CLOSED || ROW(word) < TRIPS_AT) /* counts in range */
}

inline count_probes() {
  assert(came_round || STATE(word) != HALF_OPEN || probes_out == HELD(word)); /* each slot is a probe's */
  assert(came_round || STATE(word) != HALF_OPEN || good == GOOD(word) && bad == BAD(word)) /* what probes said is kept */
}

inline admit() {
  permit[_pid] = ID(word);
  age[_pid] = 0;
  is_past[_pid] = false;
  seen[_pid] = GONE;
  read_due = false
}

/* Refused, settled or lost: nothing is remembered. */
inline forget() {
  permit[_pid] = GONE;
  age[_pid] = GENERATIONS;
  is_past[_pid] = true;
  seen[_pid] = GONE;
  read_due = false;
  verdict = success
}

/* What comes of a call that asks, and of a verdict. */
#ifdef BROKEN_LEASE
#define IS_GRANTED(w, due) (STATE(w) == OPEN && due || STATE(w) == HALF_OPEN && HELD(w) < SLOTS(w))
#else
#define IS_GRANTED(w, due) (STATE(w) == OPEN && due || STATE(w) == HALF_OPEN && (HELD(w) < SLOTS(w) || due))
#endif
#ifdef BROKEN_RENEWAL
#define KEPT(w) 0
#else
#define KEPT(w) ((w) & GOOD_AND_BAD)
#endif
#ifdef BROKEN_LATE
#define RENEWED(w) 0
#else
#define RENEWED(w) ((RENEWALS(w) < RENEWALS_MAX -> RENEWALS(w) + 1 : RENEWALS(w)) * RENEWAL_ONE)
#endif
#define RENEW(w) (BEGIN(HALF_OPEN, w) | HELD_ONE | KEPT(w) | RENEWED(w))
#define AFTER_GRANT(w)                                                                                    \
  (STATE(w) == OPEN -> BEGIN(HALF_OPEN, w) | HELD_ONE : (HELD(w) < SLOTS(w) -> (w) + HELD_ONE : RENEW(w)))

#ifdef BROKEN_SLOT
#define RELEASED(w, id) (HELD(w) > 0 -> (w) - HELD_ONE : (w))
#else
#define RELEASED(w, id) (ID(w) == id && HELD(w) > 0 -> (w) - HELD_ONE : (w))
#endif
#define AFTER_SUCCESS(w, id)                                                                              \
  (STATE(w) == CLOSED -> ID(w) : (GOOD(w) + 1 >= CLOSE_AFTER -> BEGIN(CLOSED, w) : RELEASED(w, id) + GOOD_ONE))
#define AFTER_FAILURE(w, id)                                                                              \
  (STATE(w) == CLOSED -> (ROW(w) + 1 >= TRIPS_AT -> BEGIN(OPEN, w) : (w) + ROW_ONE) :                     \
                         (BAD(w) + 1 >= REOPEN_AFTER -> BEGIN(OPEN, w) : RELEASED(w, id) + BAD_ONE))
#define AFTER_IGNORED(w, id) (STATE(w) == CLOSED -> (w) : RELEASED(w, id))
#define AFTER(verdict, w, id)                                                                             \
  (verdict == success -> AFTER_SUCCESS(w, id) : (verdict == failure -> AFTER_FAILURE(w, id) :             \
                                                 (verdict == trips -> BEGIN(OPEN, w) : AFTER_IGNORED(w, id))))
#ifdef BROKEN_ID
#define IS_STALE(w, id) (STATE(w) != STATE(id))
#else
#define IS_STALE(w, id) (STATE(w) != STATE(id) || SINCE(w, id) > (STATE(w) == HALF_OPEN -> RENEWALS(w) : 0))
#endif

active [CALLERS] proctype Caller() {
  byte verdict = success;
  bool read_due = false; /* what the clock said */

ask:
#ifdef BROKEN_CLOCK
  atomic { read_due = due; seen[_pid] = OPEN };
#endif
  atomic { /* load the word … */
#ifdef BROKEN_CLOCK
    read_due = read_due || seen[_pid] == GONE; /* to an older reading a newer date seems long past: the difference wraps */
#endif
    if
    :: STATE(word) == CLOSED -> admit(); goto call
    :: IS_DATED(word) -> seen[_pid] = word
    :: else -> forget(); goto ask /* refused, or of no concern to the circuit */
    fi
  };
  atomic { /* … then read the clock, … */
#ifndef BROKEN_CLOCK
    read_due = due;
#endif
    if
    :: IS_GRANTED(seen[_pid], read_due)
    :: else -> forget(); goto ask
    fi
  };
  atomic { /* … then exchange. */
    if
#ifdef BROKEN_STORE
    :: true ->
#else
    :: word == seen[_pid] ->
#endif
       to = AFTER_GRANT(seen[_pid]);
       if
       :: ID(to) == ID(word) ->
#ifdef BROKEN_STAMP
          due = false
#else
          if /* Once a lease is over the stamp is another. Before, it may be, or still the same: then the lease runs on. */
          :: date()
          :: !read_due && !(calm && due) /* a lease begins with the reading: once calm, it is not over yet */
          fi
#endif
       :: else -> assert(IS_EDGE(STATE(word), STATE(to))) /* only edges of the diagram */
       fi;
       put();
       probes_out++;
       count_probes();
       admit()
    :: else -> forget(); goto ask
    fi
  };

call:
  atomic { /* it runs; how does it end? */
    if
    :: verdict = success
    :: !calm -> verdict = failure
    :: !calm -> verdict = ignored
    :: !calm -> verdict = trips
    :: !calm -> forget(); goto ask /* never: the permit is lost */
    fi
  };

settle:
  atomic { /* load the word … */
    if
    :: IS_STALE(word, permit[_pid]) ->
       assert(is_past[_pid] || age[_pid] > RENEWALS_MAX); /* a verdict of this recovery counts */
       forget();
       goto ask
    :: else -> seen[_pid] = word
    fi
  };
  atomic { /* … then exchange. */
    if
    :: word == seen[_pid] ->
       assert(!is_past[_pid] && age[_pid] <= RENEWALS_MAX || age[_pid] >= GENERATIONS); /* a verdict of an earlier recovery moves nothing */
       came_round = came_round || age[_pid] > RENEWALS_MAX;
       to = AFTER(verdict, word, permit[_pid]);
       if
       :: came_round || STATE(word) != HALF_OPEN -> probes_out = 0; good = 0; bad = 0
       :: else ->
          probes_out = (age[_pid] == 0 -> probes_out - 1 : probes_out);
          good = (verdict == success -> good + 1 : good);
          bad = (verdict == failure -> bad + 1 : bad)
       fi;
       assert(ID(to) == ID(word) || IS_EDGE(STATE(word), STATE(to))); /* only edges of the diagram */
       put();
       count_probes();
       forget();
       goto ask
    :: else -> seen[_pid] = GONE; goto settle
    fi
  }
}

/* Commands by hand, as many as it likes: what is restored may be anything, the rest are cases of that. Each decides by the word alone: the exchange that succeeds finds the word that was
 * loaded, those that fail change nothing, so that a whole command is one step. */
active proctype Hand() {
  do
  :: d_step { to = BEGIN(CLOSED, word); put() }
  :: d_step { to = BEGIN(OPEN, word); put() }
  :: d_step { to = BEGIN(FORCED_OPEN, word); put() }
  :: d_step { to = BEGIN(DISABLED, word); put() }
  :: d_step { STATE(word) == OPEN -> date() } /* the wait ends at another time: the clock says when */
#ifdef LIVENESS
  :: calm = true; break
#endif
  od
}

/* Time passes. Once it is calm, a lease ends only on probes that were lost. */
active proctype Clock() {
  do
#ifndef BROKEN_WAIT
  :: d_step { STATE(word) == OPEN && !due -> due = true }
#endif
  :: d_step { STATE(word) == HALF_OPEN && !due && (!calm || !ANY_PROBE) -> due = true }
  od
}

#ifdef LIVENESS
ltl closes { [] ((calm && IS_DATED(word)) -> <> (STATE(word) == CLOSED)) }
#endif
