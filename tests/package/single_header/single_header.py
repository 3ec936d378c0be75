#!/usr/bin/env python3
"""Writes two headers that need no other file of the library. Takes: our tree, and a folder.

breaker.hpp      what <breaker/breaker.hpp> includes
breaker_all.hpp  every header, but adapters that need another library, and shared memory, which needs Linux

Doc comments of public names stay, indented by half. Other comments, and in namespace detail indentation, blanks around operators and
[[nodiscard]], are for who works
on the library.
"""
import pathlib
import re
import sys

tree, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
include = tree / "include"
OURS = re.compile(r'#include "(breaker/.+)"')
OTHERS = re.compile(r"#include <(.+)>")
BEHIND = re.compile(r'(\S)  // [^"]*$')  # a comment behind code
BETWEEN = re.compile(r"\n*BREAKER_ABI_END\n\}\n+(// ---- .*\n)namespace breaker \{\nBREAKER_ABI_BEGIN\n+")  # two headers
AIRY = re.compile(r"(?<!>) (&&|\|\||==|=) |(?<=,) ")  # in namespace detail, where there is no text
COMMENT = {False: re.compile(r" *//(?!/)"), True: re.compile(r" *//")}  # in namespace detail: any, and no blank line


def read(header):
    return (include / header).read_text(encoding="utf-8")


def shortened(line, is_inside):
    line = line.removesuffix("  // namespace detail").removesuffix("  // namespace breaker")
    line = BEHIND.sub(r"\1", line)
    bare = line.lstrip(" ")
    if not is_inside:
        return " " * ((len(line) - len(bare)) // 2) + bare
    line = bare.removeprefix("[[nodiscard]] ")
    return line if '"' in line else AIRY.sub(r"\1", line)


class Part:
    """Headers with all that they include, each once, in an order that compiles."""

    def __init__(self, headers, before=None):
        self.seen = set(before.seen) if before else set()
        self.includes = set()  # those outside of any #if
        self.sections = []
        for header in headers:
            self.add(header)

    def add(self, header):
        if header in self.seen:
            return
        self.seen.add(header)
        depth, is_inside, lines = 0, False, []
        for line in read(header).splitlines():
            depth += line.startswith("#if") - line.startswith("#endif")
            if "namespace detail" in line:
                is_inside = not line.startswith("}")
            if ours := OURS.match(line):
                self.add(ours[1])
            elif depth == 0 and (other := OTHERS.match(line)):
                self.includes.add(other[1])
            elif line != "#pragma once" and not COMMENT[is_inside].match(line) and not (is_inside and not line):
                lines.append(shortened(line, is_inside))
        text = "\n".join(lines).strip()
        if text:  # else it only hands on others
            self.sections.append(f"// ---- {header}\n{text}")

    def text(self, guard, includes):
        text = "\n\n".join(self.sections)
        for other in includes:  # the same once more, under an #if
            text = text.replace(f"#include <{other}>\n", "")
        text = BETWEEN.sub(r"\n\n\1", text)
        text = re.sub(r"\n{3,}", "\n\n", text)
        text = re.sub('"\n *"', "", text)  # literals side by side
        return f"\n#if !defined({guard})\n#define {guard}\n\n{text}\n\n#endif  // {guard}\n"


def needs_a_library(header):
    """An adapter that includes what is not of the standard library, itself or through another header."""
    text = read(header)
    return header.startswith("breaker/adapters/") and (
        any(re.search("[./]", other) for other in OTHERS.findall(text))
        or any(needs_a_library(ours) for ours in OURS.findall(text)))


def write(name, what, includes, body):
    licence = "".join(f"// {line}".rstrip() + "\n" for line in (tree / "LICENSE").read_text().splitlines())
    start = f"""\
// breaker {version}: {what}, in one file.
// Made from the headers in include/breaker: change those, not this file.
//
{licence}
#if defined(BREAKER_VERSION) && !defined(BREAKER_HPP)
#error "breaker: a header of the library is included already; take the one file or the many, not both"
#endif

"""
    includes = "".join(f"#include <{other}>\n" for other in sorted(includes))
    (folder / name).write_text(start + includes + body, encoding="utf-8")


version = re.search('VERSION_STRING "(.*)"', read("breaker/base/version.hpp"))[1]
core = Part(["breaker/breaker.hpp"])
everything = sorted(str(path.relative_to(include)) for path in include.rglob("*.hpp"))
everywhere = [header for header in everything if not header.startswith("breaker/shared_memory")]
rest = Part([header for header in everywhere if not needs_a_library(header)], before=core)
both = core.includes | rest.includes

folder.mkdir(parents=True, exist_ok=True)
write("breaker.hpp", "what <breaker/breaker.hpp> includes", core.includes, core.text("BREAKER_HPP", core.includes))
write("breaker_all.hpp", "every header but shared memory and adapters that need another library", both,
      core.text("BREAKER_HPP", both) + rest.text("BREAKER_ALL_HPP", both))
