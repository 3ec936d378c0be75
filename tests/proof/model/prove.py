#!/usr/bin/env python3
"""Proves that the model tests find mistakes: builds them over headers with mistakes in them, each at a place that
mutation/places.py names, most of them made by some breaker before, and demands of each that model_test, or keys_test of a
registry, fails within seconds and prints a short trace that shows it.

  prove.py <work folder> [TEXT]   mistakes whose name contains TEXT; CXX names the compiler (g++)
"""
import concurrent.futures
import os
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mutation"))
from places import write_headers_with
from programs import build, program_named, run

SECONDS = 10
LIMIT = 60  # seconds for what should not take so long
STEPS = 24  # of the shortest trace: to push a call out of the smaller windows takes up to thirteen more
CIRCUITS = {  # name: the place that makes it
    # probes
    "a verdict of an earlier recovery counts": "core/calls.hpp is_of_recovery && loses its right side",
    "a late verdict of this recovery does not": "core/word.hpp renew ?: never",
    "a late verdict frees a slot": "core/calls.hpp settle_probe && loses its left side",
    "an ignored probe keeps its slot": "core/calls.hpp settle_probe another variable #7",
    "a renewal forgets what was good": "core/word.hpp renew | loses its right side #3",
    "a renewal forgets what was bad": "core/word.hpp renew | loses its right side #2",
    "the probe of a renewal holds no slot": "core/word.hpp renew | loses its right side #4",
    "a renewal overwrites why()": "core/machine.hpp Machine::keep if never",
    "renewals are told apart by their low bits": "core/word.hpp renew ?: always",
    "a lost probe blocks for ever": "core/word.hpp is_busy && loses its right side",
    "leases do not grow": "core/rules.hpp Gate::lease_stamp + loses its right side",
    "leases grow for ever": "core/rules.hpp Gate::lease_stamp ?: always",
    "one good probe too many is asked for": "core/calls.hpp settle_probe >= becomes >",
    "slow start is quick": "core/rules.hpp Gate::slot_count ?: never",
    "a refusal hides that a probe is needed": "core/calls.hpp refusal_of_no_probe true is negated",
    "a refusal while probes are out says the whole lease": "core/rules.hpp Gate::hint ?: always",
    # waits
    "the clock set back, the wait is longer than any": "core/word.hpp is_wait_over || loses its left side",
    "the longest wait ends at once": "core/word.hpp is_wait_over <= becomes <",
    "the longest wait by hand ends at once": "core/word.hpp is_wait_over > becomes >=",
    "the wait does not grow": "core/word.hpp begin_half_open 1 becomes 1 - 1",
    "a wait is rounded down": "core/rules.hpp Rules::wait 99 becomes 99 - 1",
    "flapping is not remembered": "core/word.hpp step_of_trip ?: always",
    "flapping is remembered for ever": "core/word.hpp step_of_trip ?: never",
    "an answer may ask for any wait": "core/machine.hpp Machine::note_asked ?: always",
    "a success may ask for a wait": "call/permit.hpp Permit::settle if always #3",
    "what is asked is not remembered": "core/record.hpp Record::asked_in ?: never",
    "what is asked is forgotten with a lease": "core/record.hpp Record::renewals_in ?: never",
    "what was asked last counts, not the latest": "core/record.hpp Record::note_asked if never #3",
    "what is asked counts after its time": "core/word.hpp asked_wait ?: never",
    # a classifier that opens
    "a judgement that comes too late opens": "core/commands.hpp trip_by_classifier if never",
    "the wait of a judgement is not heard": "core/commands.hpp trip_by_classifier if never #2",
    "a judgement without a wait forgets the backoff": "core/commands.hpp trip_by_classifier ?: never",
    # by hand
    "trip() ends forced open": "core/commands.hpp trip_by_hand half_open becomes forced_open #2",
    "trip(wait) never extends": "core/commands.hpp trip_by_hand open becomes half_open",
    "trip(wait) shortens": "core/commands.hpp trip_by_hand && loses its right side",
    "a backoff goes on from trip(wait)": "core/word.hpp begin_half_open ?: never #2",
    "retry_in is not heard": "core/commands.hpp retry_in if always",
    "retry_in waits longer than any": "core/commands.hpp retry_in ?: always",
    "half-open is saved with the next step": "core/commands.hpp saved_of 1 becomes 1 - 1",
    "a restored wait is longer than any": "core/commands.hpp event_of ?: always #2",
    # new settings
    "a wait is longer than the new settings have any": "core/commands.hpp fit if always #3",
    "a wait by hand is cut, too": "core/commands.hpp fit || loses its right side",
    "a lease that is over stays over": "core/commands.hpp fit if never",
    "evidence of another window is kept": "policy/windowed.hpp Windowed::keeps && loses its right side",
    "another threshold clears evidence": "policy/consecutive_failures.hpp ConsecutiveFailures::keeps true is negated",
    "slices of another length come up again": "window/time_window.hpp TimeWindow::adopt call is dropped #2",
    "what is slow is told by the old settings": "policy/marks.hpp OwnLimit::adopt call is dropped",
    "why() tells new limits of an old trip": "core/inside.hpp Inside::why && loses its right side",
    "why() forgets limits that still hold": "core/record.hpp Record::renumber loop never",
    # calls within a call
    "a call within its own probe is refused": "core/core.hpp Core::enter if never",
    "a call rides when the recovery is over": "core/riding.hpp Rides::has && loses its right side",
    "a call rides when the probe is over": "core/riding.hpp Rides::leave loop never",
    "a permit that was moved from lets calls in": "circuit_breaker.hpp CircuitBreaker::ticket_of ?: always",
    # calls that hang
    "no call that hangs opens": "policy/overdue.hpp Overdue::standing_of ?: never",
    "one call too many must hang": "policy/overdue.hpp Overdue::standing_of >= becomes >",
    "a call that ended hangs on": "core/core.hpp Core::depart call is dropped",
    "two calls that hang share a place": "policy/watched_calls.hpp WatchedCalls::is_of answers the opposite",
    "calls of earlier stays hang on": "policy/watched_calls.hpp WatchedCalls::is_of && loses its right side",
    "what was noted hides calls that hang": "policy/watched_calls.hpp WatchedCalls::is_early && loses its right side #3",
    "the clock set back, what was noted hides calls that hang": "policy/watched_calls.hpp WatchedCalls::is_early && loses its right side #2",
    "new settings hide calls that hang": "policy/watched_calls.hpp WatchedCalls::is_early && loses its right side",
    "all_of trips where calls hang alone": "policy/any_of.hpp Combined::decided ?: never #2",
    # the rest
    "a success does not end the row": "policy/consecutive_failures.hpp ConsecutiveFailures::record if never",
    "the share must be passed, not reached": "base/ratio.hpp Ratio::reached_by >= becomes >",
    "evidence survives a reset": "policy/place.hpp Locked::begin_if_new if always",
    "what leaves the window still counts": "window/call_ring.hpp CallRing::with 1 becomes 1 - 1 #2",
    "the window is one slice too long": "window/slices.hpp SliceWords::sum_of >= becomes >",
    "no slice ever leaves the window": "window/slices.hpp SliceWords::sum_of if never",
    "all_of trips when its first part would": "policy/any_of.hpp Combined::look ?: never",
    "a dropped permit is always ignored": "call/permit.hpp Permit::if_dropped = is dropped",
    "a refusal is not counted": "core/refusals.hpp note_refused call is dropped #2",
}
REGISTRIES = {
    # keys
    "two keys of one length are one": "registry/label.hpp PlaceLabel::is_for if never #2",
    "two keys with one beginning and one end are one": "registry/label.hpp PlaceLabel::is_for || loses its right side",
    "a gap hides the keys behind it": "registry/key_table.hpp KeyTable::erase if always #2",
    "the overflow circuit has no name": "registry/house.hpp House::name call is dropped",
    "whoever asks for the overflow circuit uses up a place": "registry/circuits.hpp Circuits::make if never",
    # who goes
    "what somebody asked for goes from a small registry": "registry/circuits.hpp Circuits ?: never",
    "what is marked stays, and the rest goes": "registry/label.hpp PlaceLabel::vacate_if_marked | loses its right side",
    "what is not clean goes first": "registry/circuits.hpp Circuits::pass_once || loses its left side #2",
    "what remembers a backoff is clean": "core/tenancy.hpp rest_of if never #3",
    "what has counted a failure is clean": "core/tenancy.hpp rest_of if never #4",
    "an outage goes": "core/tenancy.hpp is_at_rest if never",
    "one goes where none may": "registry/circuits.hpp Circuits::evict_one if never",
    "asking takes no mark away": "registry/key_table.hpp KeyTable::find if always #2",
    "a sweep marks nothing": "registry/circuits.hpp Circuits::sweep call is dropped #2",
    # the next owner
    "the next owner begins with a backoff": "core/tenancy.hpp retire 0 becomes 0 + 1",
    "the next owner has the last one's why()": "core/tenancy.hpp retire call is dropped",
    "the next owner has the last one's settings": "core/tenancy.hpp settle_in if never #3",
    "the next owner has the last one's totals": "core/tenancy.hpp settle_in call is dropped #4",
    "a handle acts for the next owner": "core/tenancy.hpp acquire_if if never",
    "a look by a handle shows the next owner": "registry/named.hpp FoundCircuit::look if always",
    "a handle stays with the overflow circuit": "registry/handle.hpp Handle::look_up ?: always",
    "a late verdict is the next owner's": "registry/label.hpp PlaceLabel::is_of_former || loses its right side",
    "totals go with their key": "registry/circuits.hpp Circuits::bury call is dropped #3",
    # settings
    "the longest prefix does not count": "registry/settings.hpp SettingsBook::of 1 becomes 1 - 1",
    "of two for one key the last counts": "registry/settings.hpp SettingsBook::sort if never #3",
    "another policy alone is no new setting": "registry/circuits.hpp Circuits::apply && loses its right side",
    "the overflow circuit keeps its settings": "registry/circuits.hpp Circuits::reconfigure call is dropped #5",
}
MISTAKES = {**CIRCUITS, **REGISTRIES}


def verdict_on(name, program, number):
    """Returns whether the mistake is found, and what to say of it."""
    with tempfile.TemporaryFile("w+") as out:
        status, took = run(program, number, LIMIT, [], out)
        out.seek(0)
        trace = out.read().partition("The shortest trace")[2]
    steps = len(re.findall(r"^  \d+\. ", trace, re.MULTILINE))
    found = status == 1 and 0 < steps <= STEPS and took < SECONDS
    return found, f"{'found ' if found else 'MISSED'} {took:5.1f} s, {steps:2d} steps: {name}"


def main():
    work = pathlib.Path(sys.argv[1]).resolve()
    names = [name for name in MISTAKES if " ".join(sys.argv[2:]) in name]
    circuits, registries = program_named("model"), program_named("keys")
    circuits.level = registries.level = "-O1"
    numbers = write_headers_with([MISTAKES[name] for name in names], work)
    errors = build([circuits, registries], work, os.cpu_count())
    if errors:
        sys.exit(errors)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts = list(pool.map(lambda name: verdict_on(name, registries if name in REGISTRIES else circuits,
                                                         numbers[MISTAKES[name]]), names))
    print("\n".join(text for _, text in verdicts))
    print(f"{sum(found for found, _ in verdicts)} of {len(names)} mistakes found, each in less than {SECONDS} s, by {STEPS} steps or fewer")
    sys.exit(0 if names and all(found for found, _ in verdicts) else 1)


if __name__ == "__main__":
    main()
