#!/usr/bin/env python3
"""Follow the closed path of a call in the machine code: it takes no lock, writes to nothing that
threads share, and calls nothing but the operation.

A function that counts writes, to lines of its own, but takes no lock: it is named as counts:<pattern of its name>.

Usage: check.py <objdump> <object file> <function>…
"""
import re
import subprocess
import sys

MEMORY = re.compile(r"\([^)]*%[a-z0-9]+[^)]*\)|%fs:|%gs:|^\*?0x[0-9a-f]+$")
LOCKED = ("lock", "mfence", "xadd", "cmpxchg")
READS_ONLY = ("cmp", "test", "bt")  # the last operand is not written to


def disassemble(objdump, path):
    return subprocess.run([objdump, "-dr", "--no-show-raw-insn", path],
                          check=True, capture_output=True, text=True).stdout


def parse(text, function):
    """The instructions of a function: [address, text, symbol] each."""
    code, current = [], None
    for line in text.splitlines():
        head = re.match(r"^[0-9a-f]+ <(.*)>:$", line)
        if head:
            current = head[1]
        elif current == function:
            if match := re.match(r"^ *([0-9a-f]+):\t(\S.*)$", line):
                code.append([int(match[1], 16), match[2].split("#")[0].strip(), ""])
            elif (match := re.match(r"^\s+[0-9a-f]+: R_\S+\t(\S+)", line)) and code:
                code[-1][2] = match[1]  # the symbol that the linker will put in
    return code


def paths(code):
    """Every way from the entry to a return, each conditional jump taken and not taken."""
    at = {address: index for index, (address, _, _) in enumerate(code)}
    found, open_ends = [], [(0, [])]
    while open_ends:
        index, path = open_ends.pop()
        while index < len(code) and len(path) < 200:
            _, text, symbol = code[index]
            path.append((text, symbol))
            if text.startswith("ret"):
                found.append(path)
                break
            jump = re.match(r"^(j\w+) +([0-9a-f]+)", text)
            target = at.get(int(jump[2], 16)) if jump and not symbol else None
            if jump and jump[1] == "jmp":
                if target is None:
                    break  # to a cold part, elsewhere
                index = target
                continue
            if target is not None:
                open_ends.append((target, list(path)))
            index += 1
    return found


def calls_of(path):
    return [symbol or text for text, symbol in path if text.split()[0] == "call"]


def closed_paths(code):
    """Those that call the operation and nothing else: a slow path is a call of its own."""
    return [path for path in paths(code)
            if len(calls_of(path)) == 1 and "operation" in calls_of(path)[0]]


def operands(text):
    parts = text.split(None, 1)
    return re.split(r",(?![^(]*\))", parts[1]) if len(parts) == 2 else []


def stored_to(text):
    """The memory operand that an instruction writes to, or None."""
    name, parts = text.split()[0], operands(text)
    if not parts or name.startswith(READS_ONLY + ("j", "call", "nop", "lea", "push", "pop")):
        return None
    if name in ("cs", "data16"):  # a long nop
        return None
    return parts[-1] if MEMORY.search(parts[-1]) else None


def stack_of(path):
    """How an operand on the stack looks. rbp leads there only in a function that makes it its frame pointer; in another it is
    a register as any, which may hold the circuit."""
    has_frame = any(re.match(r"mov +%rsp,%rbp$", text) for text, _ in path)
    return re.compile(r"\(%r[sb]p\b" if has_frame else r"\(%rsp\b")


def look_at(path):
    """(what is wrong with a closed path, how many loads it takes)"""
    problems, loads, stack = [], 0, stack_of(path)
    for text, _ in path:
        name, target = text.split()[0], stored_to(text)
        if name in LOCKED or (name == "xchg" and target):
            problems.append("a locked instruction: " + text)
        elif target:
            problems.append(("a store to the stack: " if stack.search(target) else
                             "a store to memory: ") + text)
        else:
            read = operands(text) if name.startswith(READS_ONLY) else operands(text)[:-1]
            loads += any(MEMORY.search(o) and not stack.search(o) for o in read
                         ) and not name.startswith(("lea", "nop", "j", "call", "cs", "data16"))
    if loads < 2:
        problems.append(f"{loads} loads of the circuit, it takes two: this is not the closed path")
    return problems, loads


def check(objdump, path, function):
    code = parse(disassemble(objdump, path), function)
    ways = closed_paths(code)
    if not ways:
        print(f"{function}: no way through it calls the operation alone\nin\n" +
              "\n".join("  " + t + ("  " + s if s else "") for _, t, s in code))
        return True
    failed = False
    for way in ways:
        problems, loads = look_at(way)
        failed = failed or bool(problems)
        print(f"{function}: {len(way)} instructions, {loads} loads, one call, " +
              ("no lock, no store" if not problems else "and\n" +
               "\n".join("  " + p for p in problems) + "\nin\n" +
               "\n".join("  " + t for t, _ in way)))
    return failed


def check_counting(objdump, path, part):
    text = disassemble(objdump, path)
    names = [name for name in re.findall(r"^[0-9a-f]+ <(.*)>:$", text, re.M) if re.search(part, name) and ".cold" not in name]
    ways = [way for name in names for way in paths(parse(text, name))
            if all("operation" in call for call in calls_of(way))]
    locked = [code for way in ways for code, _ in way
              if code.split()[0] in LOCKED or (code.startswith("xchg") and stored_to(code))]
    stores = any(stored_to(code) for way in ways for code, _ in way)
    print(f"{part}: {len(ways)} ways without a further call, {'a store' if stores else 'NO STORE: not what counts'}, " +
          ("no lock" if not locked else "LOCKED: " + ", ".join(sorted(set(locked)))))
    return not stores or bool(locked)


def main():
    objdump, path, functions = sys.argv[1], sys.argv[2], sys.argv[3:]
    failed = [f for f in functions if (check_counting(objdump, path, f.removeprefix("counts:"))
                                       if f.startswith("counts:") else check(objdump, path, f))]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
