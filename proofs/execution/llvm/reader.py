"""The text of the intermediate language read into a program; what is not understood is kept, to be refused by name.

An instruction is either matched as a whole, flags and all, or it is one of the kind ``unsupported``.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from proofs.execution.llvm.debug import DebugInformation
from proofs.execution.llvm.program import Block, Function, Global, Instruction, Program, UnsupportedError

_NAME = r'(?:[\w.$-]+|"[^"]*")'
_COMPUTED = r"(?:getelementptr[^()]*|inttoptr )\([^()]*\)"
_VALUE = rf"(?:%{_NAME}|@{_NAME}|-?\d+|null|true|false|undef|poison|zeroinitializer|{_COMPUTED})"
_TYPE = rf"(?:i\d+|ptr|void|%{_NAME}|\[[^\]]*\]|\{{[^}}]*\}})"
_TAIL = re.compile(r"(?:, ![\w.]+ !\d+)+$")
_DBG = re.compile(r", !dbg (!\d+)")
_ALIGN = r"(?:, align \d+)?"
_ATTRIBUTE = r"(?:noundef|nonnull|nocapture|readonly|writeonly|immarg|signext|zeroext|align \d+|dereferenceable\(\d+\))"
_PROMISED = re.compile(r"\b(?:noalias|nonnull|align \d+|dereferenceable(?:_or_null)?\(\d+\))")
_OF_ALL_CALLS = re.compile(r"\b(?:memory\([^)]*\)|readnone|readonly|writeonly|willreturn|returns_twice|naked)")
_ARGUMENT = re.compile(rf"({_TYPE})((?: {_ATTRIBUTE})*) ({_VALUE})")
_PHI = re.compile(rf"\[ ({_VALUE}), %({_NAME}) \]")
_CASE = re.compile(rf"i\d+ (-?\d+), label %({_NAME})")
_DEFINE = re.compile(rf"^define (?P<before>[^@]*)@(?P<name>{_NAME})\((?P<arguments>.*)\)(?P<after>.*)\{{$")
_GLOBAL = re.compile(
    rf"^@({_NAME}) = (?P<words>[\w ]*?)(?P<kind>global|constant) (?P<type>{_TYPE})(?:,.*| (?P<value>.*))?$"
)

_FORMS: dict[str, re.Pattern[str]] = {
    "binary": re.compile(
        r"(?P<op>add|sub|mul|shl|lshr|ashr|and|or|xor|udiv|sdiv|urem|srem)(?P<flags>(?: (?:nuw|nsw))*)"
        rf" (?P<type>i\d+) (?P<a>{_VALUE}), (?P<b>{_VALUE})"
    ),
    "icmp": re.compile(
        rf"icmp (?P<flags>eq|ne|u[lg][te]|s[lg][te]) (?P<type>i\d+|ptr) (?P<a>{_VALUE}), (?P<b>{_VALUE})"
    ),
    "cast": re.compile(rf"(?P<op>zext|sext|trunc) (?P<type>i\d+) (?P<a>{_VALUE}) to (?P<flags>i\d+)"),
    "bitcast": re.compile(rf"(?P<op>bitcast) (?P<type>ptr) (?P<a>{_VALUE}) to (?P<flags>ptr)"),
    "load": re.compile(rf"load (?P<type>i\d+|ptr), ptr (?P<a>{_VALUE}){_ALIGN}"),
    "store": re.compile(rf"store (?P<type>i\d+|ptr) (?P<a>{_VALUE}), ptr (?P<b>{_VALUE}){_ALIGN}"),
    "select": re.compile(
        rf"select i1 (?P<a>{_VALUE}), (?P<type>{_TYPE}) (?P<b>{_VALUE}), (?P<flags>{_TYPE}) (?P<c>{_VALUE})"
    ),
    "alloca": re.compile(rf"alloca (?P<type>{_TYPE}){_ALIGN}"),
    "ret": re.compile(rf"ret (?P<type>i\d+|ptr) (?P<a>{_VALUE})"),
}
_GEP = re.compile(rf"getelementptr(?: (?:inbounds|nuw|nusw))* (?P<type>{_TYPE}), ptr (?P<a>{_VALUE})(?P<rest>.*)")
_INDEX = re.compile(rf", (i\d+) ({_VALUE})")
_CALL = re.compile(
    rf"(?:tail |notail )?call (?:(?:{_ATTRIBUTE}|noalias) )*(?P<type>{_TYPE}) @(?P<name>{_NAME})\((?P<arguments>.*)\)"
    r"(?: #\d+)?"
)
_BR = re.compile(rf"br i1 (?P<a>{_VALUE}), label %(?P<yes>{_NAME}), label %(?P<no>{_NAME})")
_JUMP = re.compile(rf"br label %(?P<to>{_NAME})")
_SWITCH = re.compile(rf"switch (?P<type>i\d+) (?P<a>{_VALUE}), label %(?P<else>{_NAME}) \[(?P<cases>.*)\]")


def _bare(name: str) -> str:
    return name.strip('"')


_BESIDE = {
    "a constructor or destructor runs before or after what is proved: leave it out": r"^@llvm\.global_[cd]tors\b",
    "assembly beside the functions, which is not executed on terms": r"^module asm\b",
    "a weak function, which another file may replace": r"^define (?:[a-z_]+ )*?(?:weak|linkonce)(?:_odr)?\b",
    "a constant that is weak, which another file may replace": (
        r"^@\S+ = (?:[a-z_]+ )*?(?:weak|linkonce)(?:_odr)? (?:[a-z_]+ )*constant\b"
    ),
    "a variable that each thread has for itself (_Thread_local): what is proved has one of each": (
        r"^@\S+ = (?:[a-z_]+ )*thread_local\b"
    ),
    "a function that is chosen when the program starts (ifunc)": r"^@\S+ = .*\bifunc\b",
    "made with optimisation, which may use that nothing undefined happens: compile it with -O0": (
        r"^!\d+ = distinct !DICompileUnit\(.*\bisOptimized: true\b"
    ),
}
"""What may run beside the functions of a module, or in place of what C says, by a pattern that finds it."""


def read_program(text: str, path: Path) -> Program:
    """The program in a module's text.

    :param path: the file that it was made from, or that it stands in.
    :raises UnsupportedError: other code than that of its functions may run, or take their place.
    """
    for what, pattern in _BESIDE.items():
        if re.search(pattern, text, re.M):
            raise UnsupportedError(f"{path}: unsupported: {what}")
    debug = DebugInformation(text)
    layouts = {
        _bare(found[1]): tuple(part.strip() for part in _split(found[2]))
        for found in re.finditer(rf"^%({_NAME}) = type (?:<)?\{{ (.*) \}}(?:>)?$", text, re.M)
    }
    functions: dict[str, Function] = {}
    lines = text.splitlines()
    groups = dict(re.findall(r"^attributes (#\d+) = \{ ([^\"}]*)", text, re.M))
    at = 0
    while at < len(lines):
        found = _DEFINE.match(lines[at])
        at += 1
        if found is None:
            continue
        end = lines.index("}", at)
        function = _function(found, lines[at:end], debug, groups, path)
        functions[function.name] = function
        at = end
    declared = frozenset(_bare(each) for each in re.findall(rf"^declare [^@]*@({_NAME})\(", text, re.M))
    return Program(str(path), functions, layouts, debug.structs(), _globals(lines, debug), declared)


def _globals(lines: list[str], debug: DebugInformation) -> dict[str, Global]:
    declared = {name: (type, bits) for name, type, bits in debug.variables()}
    found: dict[str, Global] = {}
    for line in lines:
        match = _GLOBAL.match(line)
        if match:
            name = _bare(match[1])
            constant = _split(match["value"] or "")[0].strip() if match["kind"] == "constant" else ""
            found[name] = Global(name, match["type"], *declared.get(name, ("", 0)), constant)
    return found


def _promises(head: re.Match[str], groups: Mapping[str, str]) -> list[str]:
    """What attributes promise of a function's pointers, or of all its calls: nothing here looks whether it is true."""
    found = _PROMISED.findall(f"{head['before']} {head['arguments']}")
    for group in re.findall(r"#\d+", head["after"]):
        found += _OF_ALL_CALLS.findall(groups.get(group, ""))
    return list(dict.fromkeys(found))


def _function(
    head: re.Match[str], body: list[str], debug: DebugInformation, groups: Mapping[str, str], path: Path
) -> Function:
    arguments = tuple((found[1], found[3].removeprefix("%")) for found in _ARGUMENT.finditer(head["arguments"]))
    if head["arguments"] and len(arguments) != len(_split(head["arguments"])):
        arguments = (*arguments, ("unsupported", "..."))
    found = re.search(r"!dbg (!\d+)", head["after"])
    scope = found[1] if found else ""
    result = head["before"].split()[-1] if head["before"].split() else "void"
    blocks: dict[str, Block] = {}
    name, instructions = "", list[Instruction]()
    last = begins = debug.line(scope)
    for line in _joined(body):
        label = re.match(rf"^({_NAME}):", line)
        if label:
            if name:
                blocks[name] = Block(name, tuple(instructions))
            name, instructions = _bare(label[1]), []
            continue
        text = line.strip()
        if not text or text.startswith(("#dbg", ";")):
            continue
        name = name or "0"
        place = _DBG.search(text)
        last = debug.line_in(place[1], scope) or last if place else last
        instructions.append(_instruction(_TAIL.sub("", text), last))
    blocks[name] = Block(name, tuple(instructions))
    if promised := _promises(head, groups):
        said = f"what an attribute, restrict or static promises of {_bare(head['name'])}: {', '.join(promised)}"
        begin = next(iter(blocks))
        refused = Instruction("unsupported", blocks[begin].line, said)
        blocks[begin] = Block(begin, (refused, *blocks[begin].instructions))
    of, source = debug.source(scope)
    file = str(path) if of is None or of.resolve() == path.resolve() else _shown(of)
    return Function(_bare(head["name"]), result, arguments, blocks, begins, debug.pointees(scope), file, source)


def _shown(path: Path) -> str:
    """The path as reports show it: from here on, where it is in this folder."""
    full = path.resolve()
    return str(full.relative_to(Path.cwd()) if full.is_relative_to(Path.cwd()) else full)


def _joined(body: list[str]) -> list[str]:
    """The lines, those of a switch in one."""
    found: list[str] = []
    inside = False
    for line in body:
        if inside:
            found[-1] += " " + line.strip()
        else:
            found.append(line)
        if line.lstrip().startswith("switch ") and line.rstrip().endswith("["):
            inside = True
        elif inside and line.strip().startswith("]"):
            inside = False
    return found


def _instruction(text: str, line: int) -> Instruction:
    named = re.match(rf"^%({_NAME}) = ", text)
    result = _bare(named[1]) if named else ""
    rest = text[named.end() :] if named else text
    found = _plain(rest, line, text, result) or _other(rest, line, text, result)
    if rest.startswith("alloca "):
        text = f"the local {result}, whose size is not known"
    if re.match(r"(?:load|store) volatile", rest):
        text = f"an access that is volatile: {rest}"
    return found or Instruction("unsupported", line, text, result)


def _plain(rest: str, line: int, text: str, result: str) -> Instruction | None:
    for form, pattern in _FORMS.items():
        match = pattern.fullmatch(rest)
        if match is None:
            continue
        groups = match.groupdict()
        op = groups.get("op") or form
        operands = tuple(groups[name] for name in "abc" if groups.get(name) is not None)
        return Instruction(op, line, text, result, groups["type"], operands, tuple((groups.get("flags") or "").split()))
    return None


def _other(rest: str, line: int, text: str, result: str) -> Instruction | None:
    readers: tuple[Callable[[str, int, str, str], Instruction | None], ...] = (_gep, _call, _jump, _phi)
    return next((found for read in readers if (found := read(rest, line, text, result))), None)


def _gep(rest: str, line: int, text: str, result: str) -> Instruction | None:
    match = _GEP.fullmatch(rest)
    if match is None:
        return None
    indices = tuple(_INDEX.findall(match["rest"]))
    if "".join(f", {kind} {value}" for kind, value in indices) != match["rest"]:
        return None
    return Instruction("getelementptr", line, text, result, match["type"], (match["a"], *(v for _, v in indices)))


def _call(rest: str, line: int, text: str, result: str) -> Instruction | None:
    match = _CALL.fullmatch(rest)
    if match is None:
        return None
    arguments = [_ARGUMENT.fullmatch(each.strip()) for each in _split(match["arguments"])]
    if any(each is None for each in arguments):
        return None
    if not match["name"].startswith("llvm.") and (promised := _PROMISED.findall(rest)):
        said = f"what a call promises of {_bare(match['name'])}: {', '.join(dict.fromkeys(promised))}"
        return Instruction("unsupported", line, said, result)
    operands = tuple(each[3] for each in arguments if each)
    types = tuple(each[1] for each in arguments if each)
    return Instruction("call", line, text, result, match["type"], operands, (_bare(match["name"]), *types))


def _jump(rest: str, line: int, text: str, result: str) -> Instruction | None:
    if rest in ("ret void", "unreachable"):
        return Instruction("ret" if rest == "ret void" else rest, line, text)
    if match := _BR.fullmatch(rest):
        targets = (("true", _bare(match["yes"])), ("false", _bare(match["no"])))
        return Instruction("br", line, text, operands=(match["a"],), targets=targets)
    if match := _JUMP.fullmatch(rest):
        return Instruction("br", line, text, targets=(("", _bare(match["to"])),))
    if match := _SWITCH.fullmatch(rest):
        cases = tuple((value, _bare(name)) for value, name in _CASE.findall(match["cases"]))
        otherwise = ("default", _bare(match["else"]))
        return Instruction(
            "switch", line, text, type=match["type"], operands=(match["a"],), targets=(*cases, otherwise)
        )
    return None


def _phi(rest: str, line: int, text: str, result: str) -> Instruction | None:
    match = re.fullmatch(rf"phi ({_TYPE}) (.*)", rest)
    if match is None:
        return None
    ways = tuple((value, _bare(name)) for value, name in _PHI.findall(match[2]))
    if ", ".join(f"[ {value}, %{name} ]" for value, name in _PHI.findall(match[2])) != match[2]:
        return None
    return Instruction("phi", line, text, result, match[1], targets=ways)


def _split(text: str) -> list[str]:
    """What commas separate, brackets left whole."""
    parts, depth, start = list[str](), 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "([{<") - (letter in ")]}>")
        if letter == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]] if text.strip() else []
