#!/usr/bin/env python3
"""Bytes of text that one more call site costs, over a bare call, and that a whole object has: code, exception tables and
unwind tables.

Usage: sites.py <size> <limits.txt> <json output or -> <kind>=<object with 1>:<object with 9>… <kind>=<whole object>…
"""
import json
import subprocess
import sys

SECTIONS = (".text", ".gcc_except_table", ".eh_frame")


def text_bytes(size, path):
    out = subprocess.run([size, "-A", path], check=True, capture_output=True, text=True).stdout
    total = 0
    for line in out.splitlines():
        parts = line.split()
        if len(parts) == 3 and parts[0].startswith(SECTIONS):
            total += int(parts[1])
    return total


def main():
    size, limits_path, output, *pairs = sys.argv[1:]
    limits = dict(line.split() for line in open(limits_path)
                  if line.strip() and not line.startswith("#"))
    each, whole = {}, {}
    for pair in pairs:
        kind, objects = pair.split("=")
        if ":" not in objects:
            whole[kind] = text_bytes(size, objects)
            continue
        one, nine = objects.split(":")
        each[kind] = (text_bytes(size, nine) - text_bytes(size, one)) / 8
    bare = each.pop("bare")
    results, failed = {}, []
    print(f"{'text bytes of one more call site':34}{'bytes':>7}{'limit':>7}")
    for kind, over in ({kind: value - bare for kind, value in each.items()} | whole).items():
        limit = float(limits[kind])
        results[kind] = {"bytes": over, "limit": limit}
        print(f"{kind:34}{over:7.0f}{limit:7.0f}")
        if over > limit:
            failed.append(f"{kind}: {over:.0f} bytes, at most {limit:.0f} allowed")
        if over <= 0:
            failed.append(f"{kind}: {over:.0f} bytes: the sites were not there to be measured")
    if output != "-":
        with open(output, "w") as file:
            json.dump(results, file)
    print("\n".join(failed))
    return 1 if failed else 0


sys.exit(main())
