#!/usr/bin/env python3
"""circuitbreaker, as its documentation uses it: a decorator."""
import json
import platform
import statistics
import time
from importlib import metadata

from circuitbreaker import CircuitBreaker, CircuitBreakerError

SAMPLES, SAMPLE_NS = 9, 50_000_000


def measure(call, error=None):
    """Nanoseconds per call, warmed up, the median of several samples. Each outcome is checked."""

    def once():
        try:
            call()
        except Exception as thrown:  # a refusal or a failure, whichever the row is about
            if error is None or not isinstance(thrown, error):
                raise
            return
        if error is not None:
            raise AssertionError("the call should have been refused or failed")

    def sample(nanoseconds):
        begin = time.perf_counter_ns()
        calls = 0
        while time.perf_counter_ns() - begin < nanoseconds:
            for _ in range(100):
                once()
            calls += 100
        return (time.perf_counter_ns() - begin) / calls

    sample(200_000_000)
    return statistics.median(sample(SAMPLE_NS) for _ in range(SAMPLES))


class Down(Exception):
    pass


def succeed():
    return 1


def fail():
    raise Down


def breaker(name, threshold=2**31):
    return CircuitBreaker(failure_threshold=threshold, recovery_timeout=3600, name=name)


closed = breaker("closed")(succeed)
failing = breaker("failing")(fail)
opened = breaker("open", threshold=1)(fail)
try:
    opened()
except Down:
    pass

print(json.dumps({
    "name": "circuitbreaker",
    "version": metadata.version("circuitbreaker"),
    "language": "Python, CPython " + platform.python_version(),
    "unit": "ns",
    "rows": {
        "bare_success": measure(succeed),
        "closed_success": measure(closed),
        "open_reject": measure(opened, CircuitBreakerError),
        "bare_failure": measure(fail, Down),
        "failing_call": measure(failing, Down),
    },
}))
