"""Where the headers could be wrong: places from clang's syntax tree, and headers in which each may come alive.

A place is named by a point of the code, `<header> <function> <change>`, and by its number among those of the same name in the
order of the source, from the second on: `core/shell.hpp Shell::settle_probe if never #2`. A name quotes no source, so that it
outlives new names for variables, and another layout. What stands in a lambda belongs to the function around it; what
stands in no function belongs to its class, or to the variable that it initialises.

What is evaluated by the compiler alone (template arguments, static asserts, constants) is left out: there the tests are
static_asserts, which a changed header fails to compile.
"""
import collections
import json
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
HEADERS = ROOT / "include/breaker"
CLANG = os.environ.get("CLANG", "clang++-19")

# Not judged: glue to the libraries of others, which tests/adapters holds against real servers and event loops, and not in
# a moment. What these headers share (the rule for HTTP, Retry-After, the text of metrics) is judged.
GLUE = ("adapters/asio", "adapters/curl", "adapters/detail", "adapters/grpc", "adapters/httplib", "adapters/prometheus_cpp",
        "adapters/spdlog")

OPERATORS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+", "*": "/", "/": "*",
    "%": "/", "&": "|", "|": "&", "^": "&", "<<": ">>", ">>": "<<", "&&": "||", "||": "&&",
    "+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=", "%=": "/=", "|=": "&=", "&=": "|=",
}
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
ASSIGNMENTS = {"=", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^="}
OVERLOADED = {"==", "!=", "<", "<=", ">", ">=", "+", "-"}  # of those, what classes have too
INTEGER = re.compile(r"(const )?((un)?signed )?(char|short|int|long|long long)( int)?$")
# What the compiler evaluates, or what is no code.
SKIPPED = {"StaticAssertDecl", "ConceptDecl", "RequiresExpr", "TemplateArgument", "ConstantExpr", "EnumDecl",
           "CXXDeductionGuideDecl", "TypeAliasDecl", "UsingDecl", "AlignedAttr"}
FUNCTIONS = {"FunctionDecl", "CXXMethodDecl", "CXXConstructorDecl", "CXXDestructorDecl", "CXXConversionDecl"}
MAY_REQUIRE = FUNCTIONS | {"FunctionTemplateDecl", "TemplateTypeParmDecl", "NonTypeTemplateParmDecl", "ClassTemplateDecl"}
CLASSES = {"CXXRecordDecl", "ClassTemplateSpecializationDecl", "ClassTemplatePartialSpecializationDecl"}
STATEMENTS = {"CallExpr", "CXXMemberCallExpr", "CompoundAssignOperator", "ExprWithCleanups", "UnaryOperator",
              "BinaryOperator", "CXXOperatorCallExpr"}
LOOPS = {"WhileStmt": 0, "ForStmt": 2}  # which of its parts is the condition
BODIES = {"CaseStmt", "DefaultStmt", "ForStmt", "WhileStmt", "DoStmt", "CXXForRangeStmt"}  # what they do may stand unbraced


class Place:
    """A stretch of a header that is written another way when its mutant is alive."""

    def __init__(self, at, kind, function, change, write):
        (self.file, self.begin, self.end), self.kind, self.write = at, kind, write
        self.header = str(pathlib.Path(self.file).relative_to(HEADERS))
        self.change = change
        self.number = -1  # what BREAKER_MUTANT says
        self.name = f"{self.header} {function} {change}"


def find_places():
    """Returns every place, in the order of the headers, with its number and name."""
    finder = Finder()
    for tree in syntax_trees(finder.texts):
        finder.file = ""
        finder.visit(tree, [], False)
    places = sorted(finder.places.values(), key=lambda p: (p.file, p.begin, -p.end, p.kind, p.change))
    seen = collections.Counter()
    for number, place in enumerate(places):
        place.number = number
        seen[place.name] += 1
        if seen[place.name] > 1:
            place.name += f" #{seen[place.name]}"
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
        self.function = ""  # that is judged
        self.enums = {}  # the names of the enumerators, by the enumeration's

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
        if kind == "EnumDecl" and "inner" in node:
            self.enums[node["name"]] = [one["name"] for one in node["inner"] if one.get("kind") == "EnumConstantDecl"]
        constant = constant or kind in SKIPPED or kind.endswith("Attr") or bool(node.get("immediate"))
        constant = constant or kind == "CXXRecordDecl" and is_lambda_of_a_constant(node, parents)
        constant = constant or kind.startswith("Var") and is_made_by_the_compiler(node)
        for i, child in enumerate(node.get("inner", [])):
            fixed = constant or i == 0 and (kind == "CaseStmt" or kind == "IfStmt" and bool(node.get("isConstexpr")))
            fixed = fixed or kind in MAY_REQUIRE and child.get("kind", "").endswith(("Expr", "Operator"))  # what it requires
            self.visit(child, parents + [node], fixed)
        if node["at"] and not constant:
            self.function = function_of(parents)
            self.judge(node, parents)

    def source(self, at):
        return self.texts[at[0]][at[1]:at[2]].decode()

    def add(self, at, kind, change, write):
        self.places.setdefault((at, kind, change), Place(at, kind, self.function, change, write))

    def judge(self, node, parents):
        # The text is looked at too: what a range-based for does stands in the tree, but not in the source.
        kind, inner, parent = node["kind"], node.get("inner", []), parents[-1] if parents else {}
        if kind in ("BinaryOperator", "CompoundAssignOperator") and node.get("opcode") in OPERATORS:
            self.judge_operator(node, inner[0].get("at"), inner[1].get("at"), parents)
        elif kind == "CXXOperatorCallExpr" and len(inner) == 3:
            self.judge_operator(node, inner[1].get("at"), inner[2].get("at"), parents)
        elif kind in ("UnaryOperator", "IntegerLiteral", "CXXBoolLiteralExpr"):
            self.judge_value(node, parent)
        elif kind == "DeclRefExpr" and node.get("referencedDecl", {}).get("kind") == "EnumConstantDecl":
            self.judge_enumerator(node)
        elif kind == "ConditionalOperator" and inner[0].get("at"):
            self.add(inner[0]["at"], "condition", "?: is swapped", f"!({self.source(inner[0]['at'])})")
            self.forget_boundary(inner[0], inner[1:])
        elif kind == "IfStmt" and not node.get("isConstexpr") and not node.get("hasVar"):
            condition = inner[1 if node.get("hasInit") else 0].get("at")
            if condition:
                self.add(condition, "condition", "if always", "true")
                self.add(condition, "condition", "if never", "false")
            if len(inner) == 2 and inner[1].get("opcode") == "=":
                self.forget_boundary(inner[0], inner[1]["inner"])
        elif kind in LOOPS and not node.get("hasVar") and inner[LOOPS[kind]].get("at"):
            self.add(inner[LOOPS[kind]]["at"], "condition", "loop never", "false")
        elif kind == "ReturnStmt" and inner and inner[0].get("at"):
            self.judge_return(inner[0], parents)
        if kind in STATEMENTS and stands_alone(node, parent):
            self.judge_statement(node)

    def judge_operator(self, node, left, right, parents):
        """Of a class's own operator the tree names only the function, so the text between says which it is."""
        if not left or not right or left[2] > right[1]:
            return
        at = (node["at"][0], left[1], right[2])
        operator = self.source((at[0], left[2], right[1])).strip()
        if operator not in (OVERLOADED if node["kind"] == "CXXOperatorCallExpr" else [node["opcode"]]):
            return
        others = [OPERATORS[operator]]
        if operator in TURNED and not is_turned_elsewhere(node, parents):
            others.append(TURNED[operator])
        for other in others:
            self.add(at, "expression", f"{operator} becomes {other}", f"({self.source(left)} {other} {self.source(right)})")
        if operator in ("&&", "||"):
            for which, rest in (("left", right), ("right", left)):
                self.add(at, "expression", f"{operator} loses its {which} side", f"static_cast<bool>({self.source(rest)})")

    def forget_boundary(self, comparison, taken):
        """`a > b ? a : b` and `if (a > b) b = a`, of plain values: where the two are equal it is the same which is taken, so
        that boundary can't be wrong."""
        if comparison["kind"] != "BinaryOperator" or comparison["opcode"] not in TURNED or not comparison["at"]:
            return
        sides, taken = ([self.source(one["at"]) if one.get("at") else "" for one in pair]
                        for pair in (comparison["inner"], taken))
        if sorted(sides) == sorted(taken) and not any(set(side) & set("(+-") for side in sides):
            operator = comparison["opcode"]
            self.places.pop((comparison["at"], "expression", f"{operator} becomes {OPERATORS[operator]}"), None)

    def judge_value(self, node, parent):
        at = node["at"]
        text = self.source(at)
        if node["kind"] == "CXXBoolLiteralExpr":
            self.add(at, "expression", f"{text} is negated", f"(!{text})")
        elif node["kind"] == "IntegerLiteral":
            if not text[0].isdigit() or parent.get("kind") == "InitListExpr":
                return
            self.add(at, "expression", f"{text} becomes {text} + 1", f"({text} + 1)")
            if int(node["value"]) > 0:
                self.add(at, "expression", f"{text} becomes {text} - 1", f"({text} - 1)")
        elif node.get("opcode") == "!" and text[0] == "!" and text[1] != "=":
            self.add(at, "expression", "! is dropped", f"static_cast<bool>({text[1:]})")
        elif node.get("opcode") in ("++", "--") and node["opcode"] in text:
            other = text.replace("++", "--") if "++" in text else text.replace("--", "++")
            self.add(at, "expression", f"{node['opcode']} is turned round", f"({other})")

    def judge_enumerator(self, node):
        text = self.source(node["at"])
        names = self.enums.get(node.get("type", {}).get("qualType", "").split("::")[-1], [])
        scope, _, name = text.rpartition("::")
        if scope and name in names and len(names) > 1:
            other = names[(names.index(name) + 1) % len(names)]
            self.add(node["at"], "expression", f"{name} becomes {other}", f"{scope}::{other}")

    def judge_return(self, value, parents):
        text = self.source(value["at"])
        if returns_bool(parents):
            if value["kind"] != "CXXBoolLiteralExpr":
                self.add(value["at"], "condition", "answers the opposite", f"!({text})")
        elif INTEGER.match(value.get("type", {}).get("desugaredQualType", value.get("type", {}).get("qualType", ""))):
            if not adds_a_literal(value):
                self.add(value["at"], "expression", "is one more", f"(({text}) + 1)")

    def judge_statement(self, node):
        at = node["at"]
        rest = self.texts[at[0]][at[2]:]
        end = at[2] + len(rest) - len(rest.lstrip())
        if rest.lstrip()[:1] == b";":
            self.add((at[0], at[1], end + 1), "statement", f"{self.what_is_done(node)} is dropped", "")

    def what_is_done(self, node):
        """Returns the operator of a statement, or that it is a call."""
        while node["kind"] in ("ExprWithCleanups", "ImplicitCastExpr"):
            node = node["inner"][0]
        inner = node.get("inner", [])
        if node["kind"] == "CXXOperatorCallExpr" and len(inner) == 3 and inner[1].get("at") and inner[2].get("at"):
            between = self.source((inner[1]["at"][0], inner[1]["at"][2], inner[2]["at"][1])).strip()
            return between if between in ASSIGNMENTS else "call"
        return node.get("opcode", "call")


def function_of(parents):
    """Returns the name of what a node stands in, with its classes: a function, a class or a variable."""
    classes = []
    for parent in parents:
        kind, name = parent.get("kind"), parent.get("name", "")
        if kind in ("CXXConstructorDecl", "CXXDestructorDecl"):
            name = name.split("<")[0]
        if kind in FUNCTIONS or kind == "VarDecl" and not classes:
            return "::".join([*classes, name])
        if kind in CLASSES and name:
            classes.append(name)
    return "::".join(classes)


def stands_alone(node, parent):
    """An `if` without `else` needs no look: that it never holds is a mutant already."""
    kind, inner = parent.get("kind"), parent.get("inner", [])
    if kind == "IfStmt":
        return bool(parent.get("hasElse")) and any(part is node for part in inner[-2:])
    return kind == "CompoundStmt" or kind in BODIES and inner[-1 if kind != "DoStmt" else 0] is node


def is_turned_elsewhere(node, parents):
    """Swapping the two of a `? :`, or answering the opposite, is nearly the same as turning the comparison round."""
    parent = parents[-1]
    return parent.get("kind") == "ConditionalOperator" and parent["inner"][0] is node or parent.get("kind") == "ReturnStmt"


def adds_a_literal(value):
    """Then one more is what the literal's own mutant says."""
    while value["kind"] in ("ImplicitCastExpr", "ParenExpr"):
        value = value["inner"][0]
    kinds = {part["kind"] for part in value.get("inner", [])}
    return value["kind"] == "IntegerLiteral" or value.get("opcode") in ("+", "-") and "IntegerLiteral" in kinds


def is_made_by_the_compiler(variable):
    return bool(variable.get("constexpr")) or any(inner.get("kind") == "ConstInitAttr" for inner in variable.get("inner", []))


def is_lambda_of_a_constant(record, parents):
    """The tree has it outside its variable. Any other lambda stands in a function."""
    return "name" not in record and not any(parent.get("kind") in FUNCTIONS | {"LambdaExpr"} for parent in parents)


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
