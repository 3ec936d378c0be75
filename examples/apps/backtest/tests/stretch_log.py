#!/usr/bin/env python3
"""Makes a long log of the recorded one: the same calls again and again, each time later.

    stretch_log.py payments.log.gz LINES > long.log
"""

import datetime
import gzip
import itertools
import sys

FORMAT = "%d/%b/%Y:%H:%M:%S +0000"


def stamp_of(line):
    return line[line.index(b"[") + 1:line.index(b"]")]


with gzip.open(sys.argv[1]) as log:
    lines = log.readlines()
wanted = int(sys.argv[2])
seconds = [(stamp, b"".join(group)) for stamp, group in itertools.groupby(lines, stamp_of)]
times = [datetime.datetime.strptime(stamp.decode(), FORMAT) for stamp, _ in seconds]
span = times[-1] - times[0] + datetime.timedelta(seconds=1)
out = sys.stdout.buffer
for repetition in range(wanted // len(lines) + 1):
    for (stamp, block), time in zip(seconds, times):
        later = (time + repetition * span).strftime(FORMAT).encode()
        count = block.count(b"\n")
        if count > wanted:
            block = b"".join(block.splitlines(True)[:wanted])
            count = wanted
        out.write(block.replace(stamp, later))
        wanted -= count
        if wanted == 0:
            sys.exit(0)
