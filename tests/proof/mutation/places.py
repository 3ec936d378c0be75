"""Where the headers could be wrong: places from clang's syntax tree, and headers in which each may come alive.

A place is named by a point of the code, `<header> <function> <change>`, and by its number among those of the same name in the
order of the source, from the second on: `core/core.hpp Core::settle if never #2`. A name quotes no source, so that it
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
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
HEADERS = ROOT / "include/breaker"
CLANG = os.environ.get("CLANG", "clang++-19")

# Not judged: glue to the libraries of others, which tests/adapters holds against real servers and event loops, and not in
# a moment. What these headers share (the rule for HTTP, Retry-After, the text of metrics) is judged.
GLUE = ("adapters/asio", "adapters/curl", "adapters/detail", "adapters/grpc", "adapters/hiredis", "adapters/httplib",
        "adapters/libpq", "adapters/libpqxx", "adapters/opentelemetry", "adapters/prometheus_cpp", "adapters/redis",
        "adapters/spdlog")

OPERATORS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+", "*": "/", "/": "*",
    "%": "/", "&": "|", "|": "&", "^": "&", "<<": ">>", ">>": "<<", "&&": "||", "||": "&&",
    "+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=", "%=": "/=", "|=": "&=", "&=": "|=",
}
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
SCALARS = {"bool", "float", "double", "long double"}  # besides integers, enumerations and pointers
# What a memory order becomes.
WEAKER = {"acquire": ["relaxed"], "release": ["relaxed"], "seq_cst": ["relaxed"], "acq_rel": ["acquire", "release"]}
EXCHANGE = re.compile(r"(?<!std::)exchange")
LEAVE = {"ReturnStmt", "BreakStmt"}
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
ALL_LOOPS = {*LOOPS, "DoStmt", "CXXForRangeStmt"}
BLOCKS = {"CompoundStmt", "IfStmt", "SwitchStmt", "CXXTryStmt", *ALL_LOOPS} - {"DoStmt"}  # may end in a brace
BODIES = {"CaseStmt", "DefaultStmt", "ForStmt", "WhileStmt", "DoStmt", "CXXForRangeStmt"}  # what they do may stand unbraced


class Place:
    """A stretch of a header that is written another way when its mutant is alive; an insertion stands at another place."""

    def __init__(self, at, kind, function, change, write, insertion=None, only_races=False):
        (self.file, self.begin, self.end), self.kind, self.write = at, kind, write
        self.header = str(pathlib.Path(self.file).relative_to(HEADERS))
        self.change, self.insertion, self.only_races = change, insertion, only_races
        self.number = -1  # what BREAKER_MUTANT says
        self.name = f"{self.header} {function} {change}"


def find_places(races=False):
    """Returns every place, in the order of the headers, with its number and name: those that only races show if asked."""
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
    return [place for place in places if races or not place.only_races]


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
        self.fields = {}  # the fields of its class, by the id of a field

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
        if kind in CLASSES:
            fields = [one for one in node.get("inner", []) if one.get("kind") == "FieldDecl" and "name" in one]
            self.fields |= {one["id"]: fields for one in fields}
        constant = constant or kind in SKIPPED or kind.endswith("Attr") or bool(node.get("immediate"))
        constant = constant or kind == "CXXRecordDecl" and is_lambda_of_a_constant(node, parents)
        constant = constant or kind.startswith("Var") and is_made_by_the_compiler(node) or "explicitlyDefaulted" in node
        for i, child in enumerate(node.get("inner", [])):
            fixed = constant or i == 0 and (kind == "CaseStmt" or kind == "IfStmt" and bool(node.get("isConstexpr")))
            fixed = fixed or kind in MAY_REQUIRE and child.get("kind", "").endswith(("Expr", "Operator"))  # what it requires
            self.visit(child, parents + [node], fixed)
        if node["at"] and not constant:
            self.function = function_of(parents)
            self.judge(node, parents)

    def source(self, at):
        return self.texts[at[0]][at[1]:at[2]].decode()

    def add(self, at, kind, change, write, insertion=None, only_races=False):
        place = Place(at, kind, self.function, change, write, insertion, only_races)
        self.places.setdefault((at, kind, change), place)

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
        elif kind == "DeclRefExpr" and node.get("referencedDecl", {}).get("kind") in ("VarDecl", "ParmVarDecl"):
            self.judge_variable(node, parent, node["referencedDecl"]["id"], visible(node, parents))
            self.judge_memory_order(node)
        elif kind == "MemberExpr" and node.get("referencedMemberDecl") in self.fields:
            self.judge_variable(node, parent, node["referencedMemberDecl"], self.fields[node["referencedMemberDecl"]])
        elif kind in ("CallExpr", "CXXMemberCallExpr") and inner[0].get("at"):
            self.judge_call(node, inner)
        elif kind == "CompoundStmt":
            self.judge_order(inner, parents)
        elif kind == "ConditionalOperator" and inner[0].get("at"):
            self.add(inner[0]["at"], "condition", "?: always", "true")
            self.add(inner[0]["at"], "condition", "?: never", "false")
            self.forget_boundary(inner[0], inner[1:])
        elif kind == "IfStmt" and not node.get("isConstexpr") and not node.get("hasVar"):
            condition = inner[1 if node.get("hasInit") else 0].get("at")
            if condition:
                self.add(condition, "condition", "if always", "true")
                self.add(condition, "condition", "if never", "false")
                self.judge_exchange(node, condition, parents)
            if len(inner) == 2 and inner[1].get("opcode") == "=":
                self.forget_boundary(inner[0], inner[1]["inner"])
        elif kind in LOOPS and not node.get("hasVar") and inner[LOOPS[kind]].get("at"):
            self.add(inner[LOOPS[kind]]["at"], "condition", "loop never", "false")
        elif kind == "ReturnStmt" and inner and inner[0].get("at"):
            self.judge_return(inner[0], parents)
        if kind in ALL_LOOPS and inner[LOOPS.get(kind, -1)]:  # not for (;;): what it is left by stands in it
            self.judge_loop(inner[-1 if kind != "DoStmt" else 0])
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
        if operator in ("|", "+") and not self.source(right)[0].isdigit():  # a literal has mutants of its own
            self.add(at, "expression", f"{operator} loses its right side", f"({self.source(left)})")

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
        if returns(parents).startswith("bool"):
            if value["kind"] != "CXXBoolLiteralExpr":
                self.add(value["at"], "condition", "answers the opposite", f"!({text})")
        elif INTEGER.match(value.get("type", {}).get("desugaredQualType", value.get("type", {}).get("qualType", ""))):
            if not adds_a_literal(value):
                self.add(value["at"], "expression", "is one more", f"(({text}) + 1)")

    def judge_statement(self, node):
        at = self.whole(node)
        if at:
            self.add(at, "statement", f"{self.what_is_done(node)} is dropped", "")

    def judge_loop(self, body):
        at = body.get("at") if body.get("kind") == "CompoundStmt" else self.whole(body)
        last = body["inner"][-1] if body.get("kind") == "CompoundStmt" and body.get("inner") else body
        if at and last.get("kind") not in LEAVE:
            self.add(at, "body", "loop once", "")

    def judge_variable(self, node, parent, own, others):
        """Another of the same type stands in its place: the next one that is declared."""
        text = self.source(node["at"])
        used = [one for one in others if one["id"] == own and text.endswith(one["name"])]
        if not used or not self.is_scalar(node):
            return
        is_read = parent.get("castKind") == "LValueToRValue"
        alike = [one for one in others if is_alike(one, used[0]) and (is_read or is_constant(one) == is_constant(used[0]))]
        other = alike[(alike.index(used[0]) + 1) % len(alike)]
        if other is not used[0]:
            self.add(node["at"], "expression", "another variable", text.removesuffix(used[0]["name"]) + other["name"])

    def is_scalar(self, node):
        name = plain_type(node["type"].get("desugaredQualType", node["type"]["qualType"]))
        return bool(INTEGER.match(name)) or name in SCALARS or name.endswith("*") or name.split("::")[-1] in self.enums

    def judge_memory_order(self, node):
        scope, name = re.match(r"(.*?)(\w*)$", self.source(node["at"])).groups()
        if node["referencedDecl"].get("name") != name:
            return
        for weaker in WEAKER.get(name, []):
            self.add(node["at"], "expression", f"{name} becomes {weaker}", scope + weaker, only_races=True)

    def judge_call(self, node, inner):
        callee, arguments = self.source(inner[0]["at"]), [self.source(one["at"]) for one in inner[1:] if one.get("at")]
        thing, _, function = callee.rpartition(".")
        if function.startswith("compare_exchange") and len(arguments) == 4:
            self.add(node["at"], "expression", "exchange becomes store",
                     f"({thing}.store({arguments[1]}, {arguments[2]}), true)", only_races=True)
        elif function == "fetch_add" and len(arguments) == 2:
            self.add(node["at"], "expression", "fetch_add becomes load and store",
                     f"::mutant::load_and_store({thing}, {', '.join(arguments)})", only_races=True)
        elif len(arguments) == len(inner) - 1 == 1 and "type" in inner[1] and is_alike(inner[1], node) and self.is_scalar(node):
            self.add(node["at"], "expression", "call becomes its argument", f"({arguments[0]})")

    def judge_exchange(self, node, condition, parents):
        """`if (exchange) leave;`, in a loop that tries again what was lost."""
        then = node["inner"][-1]
        last = then["inner"][-1] if then.get("kind") == "CompoundStmt" and then.get("inner") else then
        if node.get("hasElse") or parents[-1].get("kind") != "CompoundStmt" or not EXCHANGE.search(self.source(condition)):
            return
        won = f"(({self.source(condition)}), true)"
        self.add(condition, "condition", "lost exchange is taken for won", won, only_races=True)
        at, leave = self.whole(node), self.whole(last)
        if at and leave and last.get("kind") in LEAVE:
            once = "return;" if returns(parents).startswith("void") else self.source(leave)
            self.add((at[0], at[2], at[2]), "insertion", "exchange is tried once", f"if (@on) {once}", only_races=True)

    def judge_order(self, statements, parents):
        """What stands in a row, in another order. Between two expressions any test may see it; else a race."""
        for before, node in zip(statements, statements[1:]):
            at, first = self.whole(node), before.get("at")
            if not at or not first:
                continue
            if node["kind"] in STATEMENTS:
                if not order_matters(self.source(first), self.source(at)):
                    continue
                self.add(at, "statement", f"{self.what_is_done(node)} comes one statement earlier", "",
                         (first[1], f"if (@on) {{ {self.source(at)} }}"), before["kind"] not in STATEMENTS)
            else:
                self.judge_reading(node, first)
        if statements and len(parents) > 1 and parents[-1].get("kind") in LOOPS and parents[-2].get("kind") == "CompoundStmt":
            self.judge_reading(statements[0], self.begin_of(parents[-1]))

    def judge_reading(self, node, before):
        """`const auto time = now();`, read one statement earlier."""
        variable = node["inner"][0] if node.get("kind") == "DeclStmt" and len(node.get("inner", [])) == 1 else {}
        value = variable["inner"][0] if variable.get("init") == "c" else {}
        if before and value.get("at") and self.source(value["at"]).endswith(")"):
            text = self.source(value["at"])
            self.add(value["at"], "expression", "value is taken one statement earlier", "early@number",
                     (before[1], f"auto early@number = @on ? ({text}) : decltype({text}){{}};"), only_races=True)

    def begin_of(self, node):
        begin = self.locate(node["range"]["begin"])
        return begin and (begin[0], begin[1], begin[1])

    def whole(self, node):
        """Returns where a statement stands, with its semicolon."""
        at, kind = node.get("at"), node.get("kind", "")
        if not at or kind == "DeclStmt" or kind in BLOCKS and self.source(at).endswith("}"):
            return at
        rest = self.texts[at[0]][at[2]:]
        end = at[2] + len(rest) - len(rest.lstrip())
        return (at[0], at[1], end + 1) if rest.lstrip()[:1] == b";" else None

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


def order_matters(before, after):
    """Two calls of one function (puts, checks, samples) and two assignments that do not touch what the other writes may stand in
    either order."""
    calls = [re.match(r"[\w.:>-]+(?=\()", text) for text in (before, after)]
    if all(calls):
        return calls[0].group() != calls[1].group()
    writes = [re.match(r"([\w.]+) = ", text) for text in (before, after)]
    if all(writes):
        return any(re.search(rf"\b{re.escape(one.group(1))}\b", text) for one, text in zip(writes, (after, before)))
    return True


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


def returns(parents):
    """Returns the type of the function that a node stands in, which begins with that of what it returns."""
    types = [parent.get("type", {}).get("qualType", "") for parent in parents if parent.get("kind") in FUNCTIONS]
    return types[-1] if types else ""


def visible(node, parents):
    """Returns the variables of a function that were declared before a node, in the blocks around it."""
    functions = [i for i, parent in enumerate(parents) if parent.get("kind") in FUNCTIONS]
    found = []
    for parent in parents[functions[0]:] if functions else []:
        for child in parent.get("inner", []):
            found += child.get("inner", []) if child.get("kind") == "DeclStmt" else [child]
    return [one for one in found if one.get("kind") in ("VarDecl", "ParmVarDecl") and one.get("name", "__")[:2] != "__" and
            one.get("at") and one["at"][2] <= node["at"][1]]


def is_alike(one, other):
    return plain_type(one["type"]["qualType"]) == plain_type(other["type"]["qualType"])


def is_constant(variable):
    return variable["type"]["qualType"].startswith("const ")


def plain_type(name):
    return name.removeprefix("const ").removesuffix("&").strip()


# ---- headers with mutants in them


class Edit:
    """What a place changes, in one stretch of the text."""

    def __init__(self, place, begin, end, kind, write):
        self.begin, self.end, self.kind = begin, end, kind
        self.on = b"::mutant::on(%d)" % place.number
        text = write.replace("@on", self.on.decode()).replace("@number", str(place.number))
        self.write = " ".join(re.sub(r"//.*", "", text).split()).encode()

    def apply(self, body):
        """Each mutant has a line of its own, which tells whose error a compiler reports."""
        if self.kind == "insertion":
            return body + b"\n%s\n" % self.write
        if self.kind == "body":
            return b"{\n%s\nif (%s) break;\n}" % (body, self.on)
        if self.kind == "statement":
            return b"{\nif (!%s) {\n%s } }" % (self.on, body)
        if self.kind == "condition":
            return b"(\n%s ? static_cast<bool>(%s) :\nstatic_cast<bool>(%s))" % (self.on, self.write, body)
        return b"(\n%s ? %s :\n(%s))" % (self.on, self.write, body)


def edits_of(place):
    edits = [Edit(place, place.begin, place.end, place.kind, place.write)]
    if place.insertion:
        offset, text = place.insertion
        edits.append(Edit(place, offset, offset, "insertion", text))
    return edits


def mutated(text, places):
    """Returns `text` with `places`, which nest but never overlap by halves, written so that each may come alive."""

    def render(begin, end, inside):
        out, at = b"", begin
        while inside:
            first = inside[0]
            group = [edit for edit in inside if (edit.begin, edit.end) == (first.begin, first.end)]
            below = [edit for edit in inside if edit.begin < first.end >= edit.end and edit not in group]
            inside = [edit for edit in inside if edit.begin >= first.end and edit not in group]
            body = render(first.begin, first.end, below)
            for edit in group:
                body = edit.apply(body)
            out += text[at:first.begin] + body
            at = first.end
        return out + text[at:end]

    # An insertion comes before what begins there. Of edits that begin together, the longer one is outside; of those of one
    # stretch, the last one.
    order = ["insertion", "expression", "condition", "statement", "body"]
    edits = [edit for place in places for edit in edits_of(place)]
    return render(0, len(text), sorted(edits, key=lambda e: (e.begin, e.begin != e.end, -e.end, order.index(e.kind))))


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


def write_headers_with(names, folder):
    """Writes headers with the places of these names in them. Returns their numbers, by name."""
    places = {place.name: place for place in find_places(races=True)}
    missing = sorted(set(names) - places.keys())
    if missing:
        sys.exit("\n".join(f"no such place: {name}" for name in missing))
    write_headers([places[name] for name in set(names)], folder)
    return {name: places[name].number for name in names}


def culprits(errors, folder):
    """Returns the numbers of the mutants that a compiler complains about: on that line, or on the one before, where an
    operand begins."""
    numbers = set()
    for name, line in re.findall(rf"^({re.escape(str(folder))}/include/breaker/\S+?\.hpp):(\d+):\d+: (?:error|  )", errors, re.M):
        lines = pathlib.Path(name).read_bytes().split(b"\n")
        found = [re.search(rb"::mutant::on\((\d+)\)", lines[number]) for number in (int(line) - 1, int(line) - 2)]
        numbers.update(int(one.group(1)) for one in [one for one in found if one][:1])
    return numbers
