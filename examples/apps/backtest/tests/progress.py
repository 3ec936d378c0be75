#!/usr/bin/env python3
"""The line that says how far the reading is, on a real terminal (a pty).

    progress.py TOOL DATA WORK
"""

import fcntl
import os
import pty
import re
import resource
import struct
import subprocess
import sys
import termios

ERASED = b"\r\x1b[2K"
THROUGHPUT = r"\d+\.\d million lines, \d+ MB/s"

tool, data, work = sys.argv[1:]
long_log = os.path.join(work, "long.log")


def read_all(terminal):
    seen = b""
    try:
        while chunk := os.read(terminal, 65536):
            seen += chunk
    except OSError:  # how Linux says that the other end is closed
        pass
    return seen


def run(arguments, columns=80, stdin=None):
    """What the tool writes to a terminal of so many columns, and its exit code."""
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([tool, *arguments], stdin=stdin, stdout=subprocess.DEVNULL, stderr=inside)
    os.close(inside)
    seen = read_all(terminal)
    os.close(terminal)
    return seen, process.wait()


def frames_of(seen):
    """The lines that were shown one after the other, and what is left standing in the end."""
    before, *frames = seen.split(ERASED)
    assert before == b"" and frames, f"not drawn: {seen!r}"
    return [frame.decode() for frame in frames[:-1]], frames[-1].decode()


def processor_time():
    """Seconds that the programs run so far have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def write_long_log():
    """So long that reading it takes 2 s on this machine, in this build: of the processor's time, which other
    programs don't lengthen. The line is first drawn after 1 s."""
    lines = 100_000
    while True:
        with open(long_log, "wb") as log:
            script = os.path.join(os.path.dirname(__file__), "stretch_log.py")
            subprocess.run([sys.executable, script, os.path.join(data, "payments.log.gz"), str(lines)],
                           stdout=log, check=True)
        began = processor_time()
        quiet = subprocess.run([tool, long_log], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               check=True)
        took = processor_time() - began
        assert quiet.stderr == b"", f"no terminal, yet: {quiet.stderr!r}"
        if took > 2:
            return
        lines = int(lines * 2.5 / took)


def share_and_time_are_shown():
    seen, code = run([long_log])
    frames, rest = frames_of(seen)
    shape = re.compile(r"\[(=* *)\] (\d+) %, (\d+(?:\.\d+)? s|\d+ min(?: \d+ s)?) left, " + THROUGHPUT)
    shown = [shape.fullmatch(frame) for frame in frames]
    assert all(shown), frames
    shares = [int(each[2]) for each in shown]
    assert shares == sorted(shares) and 0 < shares[0] and shares[-1] <= 100, shares
    for each, share in zip(shown, shares):
        assert abs(each[1].count("=") / len(each[1]) - share / 100) < 0.1, each[0]
    assert (code, rest) == (0, "")


def a_narrow_terminal_breaks_no_line():
    seen, _ = run([long_log], columns=40)
    frames, rest = frames_of(seen)
    assert max(map(len, frames)) <= 39, frames
    assert all(re.match(r"\d+ %, .* left", frame) for frame in frames), frames
    assert rest == ""


def without_a_known_end_there_is_the_throughput_and_an_error_has_its_own_line():
    # Lines that are left out cost little: it takes more of them until something is drawn.
    with subprocess.Popen(["cat", *[long_log] * 10], stdout=subprocess.PIPE) as log:
        seen, code = run(["-", "--where", "status=999"], stdin=log.stdout)
    frames, rest = frames_of(seen)
    assert all(re.fullmatch(THROUGHPUT, frame) for frame in frames), frames
    assert code == 2 and re.fullmatch(r"breaker-backtest: no line has the field 'status' with the value '999'.*\r\n", rest), rest


os.makedirs(work, exist_ok=True)
write_long_log()
for check in (share_and_time_are_shown, a_narrow_terminal_breaks_no_line,
              without_a_known_end_there_is_the_throughput_and_an_error_has_its_own_line):
    check()
    print("ok:", check.__name__.replace("_", " "))
os.remove(long_log)
