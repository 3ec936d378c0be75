"""Where the headers could be wrong: places from clang's syntax tree, and headers in which each may come alive.

What is evaluated by the compiler alone (template arguments, static asserts, constants) is left out: there the tests are
static_asserts, which a changed header fails to compile.
"""
import collections
import json
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADERS = ROOT / "include/breaker"
CLANG = os.environ.get("CLANG", "clang++-19")

# Not judged: glue to the libraries of others, which tests/adapters holds against real servers and event loops, and not in
# a moment. What these headers share (the rule for HTTP, Retry-After, the text of metrics) is judged.
GLUE = ("adapters/asio", "adapters/curl", "adapters/detail", "adapters/grpc", "adapters/httplib", "adapters/prometheus_cpp",
        "adapters/spdlog")

OPERATORS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+", "*": "/", "/": "*",
    "%": "/", "&": "|", "|": "&", "^": "&", "<<": ">>", ">>": "<<", "&&": "||", "||": "&&",
    "+=": "-=", "-=": "+=", "|=": "&=",
}
ENUMS = {
    "State": ["closed", "open", "half_open", "forced_open", "disabled"],
    "Verdict": ["success", "failure", "ignored"],
    "Settled": ["counted", "stale", "repeated", "unaccounted", "refused"],
    "Reason": ["none", "policy", "wait_over", "probes_succeeded", "probes_failed", "probe_lost", "tripped"],
    "Stage": ["calling", "judging", "settled"],
    "Mode": ["enforce", "shadow"],
}
# What the compiler evaluates, or what is no code.
SKIPPED = {"StaticAssertDecl", "ConceptDecl", "RequiresExpr", "TemplateArgument", "ConstantExpr", "EnumDecl",
           "CXXDeductionGuideDecl", "TypeAliasDecl", "UsingDecl", "AlignedAttr"}
FUNCTIONS = {"FunctionDecl", "CXXMethodDecl", "CXXConstructorDecl", "CXXConversionDecl", "FunctionTemplateDecl",
             "TemplateTypeParmDecl", "NonTypeTemplateParmDecl", "ClassTemplateDecl"}
STATEMENTS = {"CallExpr", "CXXMemberCallExpr", "CompoundAssignOperator", "ExprWithCleanups", "UnaryOperator",
              "BinaryOperator", "CXXOperatorCallExpr"}


class Place:
    """A stretch of a header that is written another way when its mutant is alive."""

    def __init__(self, at, kind, change, write):
        (self.file, self.begin, self.end), self.kind, self.change, self.write = at, kind, change, write
        self.header = str(pathlib.Path(self.file).relative_to(HEADERS))
        self.number = -1  # what BREAKER_MUTANT says
        self.name = ""  # <header> | <line> | <change>: stays when other lines change


def find_places():
    """Returns every place, in the order of the headers, with its number and name."""
    finder = Finder()
    for tree in syntax_trees(finder.texts):
        finder.file = ""
        finder.visit(tree, [], False)
    places = sorted(finder.places.values(), key=lambda p: (p.file, p.begin, -p.end, p.kind, p.change))
    seen = collections.Counter()
    for number, place in enumerate(places):
        text = finder.texts[place.file]
        line = text[text.rfind(b"\n", 0, place.begin) + 1:].split(b"\n", 1)[0].decode().strip()
        name = f"{place.header} | {line} | {place.change}"
        seen[name] += 1
        place.number = number
        place.name = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return places


def judged_headers():
    return [header for header in sorted(HEADERS.rglob("*.hpp"))
            if not str(header.relative_to(HEADERS)).startswith(GLUE)]


def syntax_trees(headers):
    """Yields the declarations of the library, a tree for each."""
    everything = "".join(f'#include "{header}"\n' for header in headers)
    text = subprocess.run(
        [CLANG, "-std=c++20", f"-I{ROOT}/include", "-fsyntax-only", "-w", "-Xclang", "-ast-dump=json", "-Xclang",
         "-ast-dump-filter=breaker", "-x", "c++", "-"], input=everything, stdout=subprocess.PIPE, text=True, check=True).stdout
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        tree, at = decoder.raw_decode(text, at)
        yield tree
        while at < len(text) and text[at].isspace():
            at += 1


class Finder:
    """Walks syntax trees, and notes what could be written another way."""

    def __init__(self):
        self.texts = {str(header): header.read_bytes() for header in judged_headers()}
        self.file = ""
        self.places = {}

    def locate(self, location):
        """Returns file, offset and length of a token. A file is named in the dump only where it changes."""
        if "offset" not in location:
            for inner in (location.get("spellingLoc"), location.get("expansionLoc")):
                if inner:
                    self.locate(inner)
            return None  # of a macro
        self.file = location.get("file", self.file)
        return (self.file, location["offset"], location.get("tokLen", 0))

    def visit(self, node, parents, constant):
        if not isinstance(node, dict) or not node:
            return
        if "loc" in node:
            self.locate(node["loc"])
        begin = self.locate(node["range"]["begin"]) if "range" in node else None
        end = self.locate(node["range"]["end"]) if "range" in node else None
        node["at"] = None
        if begin and end and begin[0] == end[0] and begin[0] in self.texts:
            node["at"] = (begin[0], begin[1], end[1] + end[2])
        kind = node.get("kind", "")
        constant = constant or kind in SKIPPED or kind.endswith("Attr") or bool(node.get("immediate"))
        constant = constant or kind.startswith("Var") and is_made_by_the_compiler(node)
        for i, child in enumerate(node.get("inner", [])):
            fixed = constant or i == 0 and (kind == "CaseStmt" or kind == "IfStmt" and bool(node.get("isConstexpr")))
            fixed = fixed or kind in FUNCTIONS and child.get("kind", "").endswith(("Expr", "Operator"))  # what it requires
            self.visit(child, parents + [node], fixed)
        if node["at"] and not constant:
            self.judge(node, parents)

    def source(self, at):
        return self.texts[at[0]][at[1]:at[2]].decode()

    def add(self, at, kind, change, write):
        self.places.setdefault((at, kind, change), Place(at, kind, change, write))

    def judge(self, node, parents):
        # The text is looked at too: what a range-based for does stands in the tree, but not in the source.
        kind, at, inner = node["kind"], node["at"], node.get("inner", [])
        text = self.source(at)
        parent = parents[-1] if parents else {}
        if kind in ("BinaryOperator", "CompoundAssignOperator") and node.get("opcode") in OPERATORS:
            left, right, operator = inner[0].get("at"), inner[1].get("at"), node["opcode"]
            if left and right and self.source((at[0], left[2], right[1])).strip() == operator:
                other = OPERATORS[operator]
                self.add(at, "expression", f"{operator} becomes {other}", f"({self.source(left)} {other} {self.source(right)})")
        elif kind == "UnaryOperator" and node.get("opcode") == "!" and text.startswith("!"):
            self.add(at, "expression", "! is dropped", f"static_cast<bool>({text[1:]})")
        elif kind == "UnaryOperator" and node.get("opcode") in ("++", "--") and node["opcode"] in text:
            other = text.replace("++", "--") if "++" in text else text.replace("--", "++")
            self.add(at, "expression", f"{node['opcode']} is turned round", f"({other})")
        elif kind == "IntegerLiteral" and text[0].isdigit() and parent.get("kind") != "InitListExpr":
            self.add(at, "expression", f"{text} becomes {text} + 1", f"({text} + 1)")
        elif kind == "CXXBoolLiteralExpr":
            self.add(at, "expression", f"{text} is negated", f"(!{text})")
        elif kind == "DeclRefExpr" and node.get("referencedDecl", {}).get("kind") == "EnumConstantDecl" and "::" in text:
            scope, name = text.rsplit("::", 1)
            names = ENUMS.get(node.get("type", {}).get("qualType", "").split("::")[-1], [])
            if name in names:
                other = names[(names.index(name) + 1) % len(names)]
                self.add(at, "expression", f"{name} becomes {other}", f"{scope}::{other}")
        elif kind == "ConditionalOperator" and inner[0].get("at"):
            self.add(inner[0]["at"], "condition", "the two are swapped", f"!({self.source(inner[0]['at'])})")
        elif kind == "IfStmt" and not node.get("isConstexpr") and not node.get("hasVar"):
            condition = inner[1 if node.get("hasInit") else 0].get("at")
            if condition:
                self.add(condition, "condition", "always", "true")
                self.add(condition, "condition", "never", "false")
        elif kind == "ReturnStmt" and inner and inner[0].get("at") and returns_bool(parents):
            if inner[0]["kind"] != "CXXBoolLiteralExpr":
                self.add(inner[0]["at"], "condition", "answers the opposite", f"!({self.source(inner[0]['at'])})")
        if parent.get("kind") == "CompoundStmt" and kind in STATEMENTS:
            rest = self.texts[at[0]][at[2]:]
            end = at[2] + len(rest) - len(rest.lstrip())
            if rest.lstrip()[:1] == b";":
                self.add((at[0], at[1], end + 1), "statement", "is dropped", "")


def is_made_by_the_compiler(variable):
    return bool(variable.get("constexpr")) or any(inner.get("kind") == "ConstInitAttr" for inner in variable.get("inner", []))


def returns_bool(parents):
    for parent in reversed(parents):
        if parent.get("kind") in ("FunctionDecl", "CXXMethodDecl", "CXXConversionDecl"):
            return parent.get("type", {}).get("qualType", "").startswith("bool")
    return False


# ---- headers with mutants in them


def mutated(text, places):
    """Returns `text` with `places`, which nest but never overlap by halves, written so that each may come alive."""

    def render(begin, end, inside):
        out, at = b"", begin
        while inside:
            first = inside[0]
            group = [place for place in inside if (place.begin, place.end) == (first.begin, first.end)]
            below = [place for place in inside if place.end <= first.end and place not in group]
            inside = [place for place in inside if place.begin >= first.end]
            out += text[at:first.begin] + wrap(group, render(first.begin, first.end, below))
            at = first.end
        return out + text[at:end]

    # Each mutant has a line of its own, which tells whose error a compiler reports.
    def wrap(group, body):
        for place in group:
            write = " ".join(re.sub(r"//.*", "", place.write).split()).encode()
            if place.kind == "statement":
                body = b"{\nif (!::mutant::on(%d)) {\n%s } }" % (place.number, body)
            elif place.kind == "condition":
                body = b"(\n::mutant::on(%d) ? static_cast<bool>(%s) :\nstatic_cast<bool>(%s))" % (place.number, write, body)
            else:
                body = b"(\n::mutant::on(%d) ? %s :\n(%s))" % (place.number, write, body)
        return body

    # Of places that begin together, the longer one is outside; a condition is outside the expression it is.
    order = {"statement": 0, "condition": 1, "expression": 2}
    return render(0, len(text), sorted(places, key=lambda p: (p.begin, -p.end, -order[p.kind])))


def write_headers(places, folder):
    """Writes all headers to `folder`/include, with these mutants in them. What stays the same is not touched."""
    by_file = collections.defaultdict(list)
    for place in places:
        by_file[place.file].append(place)
    for header in HEADERS.rglob("*.hpp"):
        target = folder / "include" / header.relative_to(ROOT / "include")
        content = mutated(header.read_bytes(), by_file[str(header)])
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_bytes() != content:
            target.write_bytes(content)


def culprits(errors, folder):
    """Returns the numbers of the mutants that a compiler complains about."""
    numbers = set()
    for name, line in re.findall(rf"^({re.escape(str(folder))}/include/breaker/\S+?\.hpp):(\d+):\d+: (?:error|  )", errors, re.M):
        found = re.search(rb"::mutant::on\((\d+)\)", pathlib.Path(name).read_bytes().split(b"\n")[int(line) - 1])
        if found:
            numbers.add(int(found.group(1)))
    return numbers
