"""What is executed: functions of basic blocks of instructions, each with its line of C; and how structs lie."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from proofs.execution.path import ExecutionError, Point


class UnsupportedError(ExecutionError):
    """The code has something that is not executed on terms; says what, and at which line. It is never passed over."""


WAYS = 100_000
"""More than a function has blocks, and a decision has ways: what numbers of ways are counted in."""

IF_TRUE = frozenset(
    {"if.then", "while.body", "for.body", "do.body", "cond.true", "land.lhs.true", "land.rhs", "lor.end"}
)
IF_FALSE = frozenset(
    {"if.else", "if.end", "while.end", "for.end", "do.end", "cond.false", "lor.lhs.false", "lor.rhs", "land.end"}
)
"""What clang calls the blocks to which a condition leads, as it stands in C."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction.

    :param op: its name in the intermediate language.
    :param result: the name of its value; empty if it has none.
    :param type: of what it computes, loads or compares.
    :param operands: values, as they are written; of a ``br`` and a ``switch`` the condition.
    :param words: what else it says: flags, a predicate, the width of a cast; of a call the function and the types of
        the arguments.
    :param targets: for a ``br``, ``switch`` or ``phi`` pairs of a value and the name of a block.
    """

    op: str
    line: int
    text: str
    result: str = ""
    type: str = ""
    operands: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    targets: tuple[tuple[str, str], ...] = ()

    @property
    def negated(self) -> bool:
        """Whether what is decided is the condition of C without its ``!``: clang lets the ways change places then."""
        if self.op != "br" or len(self.targets) != 2:
            return False
        yes, no = (name.rstrip("0123456789") for _, name in self.targets)
        return yes in IF_FALSE or no in IF_TRUE

    @property
    def ways(self) -> int:
        """Return the number of ways it decides between; 0 where there is only one, or a constant decides."""
        if self.op == "switch":
            return len(self.targets)
        decides = self.op == "select" or (self.op == "br" and len(self.targets) == 2)
        return 2 if decides and self.operands[0] not in ("true", "false") else 0


@dataclass(frozen=True, slots=True)
class Block:
    """A basic block."""

    name: str
    instructions: tuple[Instruction, ...]

    @property
    def line(self) -> int:
        """The first line of C in it; 0 if none is known."""
        return next((each.line for each in self.instructions if each.line), 0)

    @property
    def successors(self) -> tuple[str, ...]:
        """The blocks that may come next."""
        last = self.instructions[-1]
        return tuple(dict.fromkeys(name for _, name in last.targets)) if last.op in ("br", "switch") else ()


@dataclass(frozen=True, slots=True)
class Function:
    """A function with a body; the first of its blocks is its entry.

    :param pointees: how many bits its arguments point to, by name, as far as the debug information says.
    :param file: the file that it is in, of C where the debug information names one; ``source`` are its lines.
    """

    name: str
    result: str
    arguments: tuple[tuple[str, str], ...]
    blocks: Mapping[str, Block]
    line: int = 0
    pointees: Mapping[str, int] = field(default_factory=dict)
    file: str = ""
    source: tuple[str, ...] = field(default=(), repr=False)

    @property
    def entry(self) -> str:
        """The block in which it begins."""
        return next(iter(self.blocks))

    @property
    def locals(self) -> frozenset[str]:
        """The locals that lie in memory from its beginning on."""
        return frozenset(each.result for each in self.blocks[self.entry].instructions if each.op == "alloca")

    def loop_heads(self) -> tuple[str, ...]:
        """The blocks to which some way leads back, in the order of the source: every circle has one."""
        heads: set[str] = set()
        done: set[str] = set()
        open_: set[str] = set()
        pending = [(self.entry, iter(self.blocks[self.entry].successors))]
        open_.add(self.entry)
        while pending:
            name, successors = pending[-1]
            follow = next(successors, None)
            if follow is None:
                pending.pop()
                open_.discard(name)
                done.add(name)
            elif follow in open_:
                heads.add(follow)
            elif follow not in done:
                open_.add(follow)
                pending.append((follow, iter(self.blocks[follow].successors)))
        return tuple(name for name in self.blocks if name in heads)

    def callees(self) -> Iterator[str]:
        """The functions that it calls."""
        for block in self.blocks.values():
            for each in block.instructions:
                if each.op == "call":
                    yield each.words[0]


@dataclass(frozen=True, slots=True)
class Member:
    """A field of a struct: its name, its type in words, and how many bits it has."""

    name: str
    type: str
    bits: int


@dataclass(frozen=True, slots=True)
class Struct:
    """A struct by the debug information: its fields by their offsets in bytes."""

    name: str
    fields: Mapping[int, Member]
    size: int

    def offset_of(self, number: int, types: Mapping[int, int]) -> int:
        """The offset of the field with a number."""
        return types[number]


@dataclass(frozen=True, slots=True)
class Global:
    """A variable outside functions: its type in the intermediate language, and in words; constants have a text.

    :param pointee: how many bits it points to; 0 if it is no pointer, or nothing says so.
    """

    name: str
    type: str
    declared: str = ""
    pointee: int = 0
    constant: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """A file of C.

    :param layouts: for each struct of the intermediate language the types of its fields.
    :param structs: what the debug information says of them.
    """

    file: str
    functions: Mapping[str, Function]
    layouts: Mapping[str, tuple[str, ...]]
    structs: Mapping[str, Struct]
    globals: Mapping[str, Global]
    declared: frozenset[str] = frozenset()

    def text_at(self, function: str, line: int) -> str:
        """The line of C, without what stands around it; empty if the source is not at hand."""
        source = self.functions[function].source
        return source[line - 1].strip() if 0 < line <= len(source) else ""

    def place(self, function: str, line: int) -> str:
        """A line of a function as reports name it."""
        file = self.functions[function].file if function in self.functions else self.file
        return f"{file}:{line}" if line else file

    def begin(self, function: str) -> tuple[str, int]:
        """The file, from the root on, and the line at which a function begins."""
        return str(Path(self.functions[function].file).resolve()), self.functions[function].line

    def reached_from(self, name: str, apart: frozenset[str] = frozenset()) -> tuple[str, ...]:
        """The function and all that it calls and that is executed in it.

        :param apart: functions that are proved by themselves.
        """
        found: dict[str, None] = {}
        pending = [name]
        while pending:
            each = pending.pop()
            if each in found or each not in self.functions:
                continue
            found[each] = None
            pending.extend(callee for callee in self.functions[each].callees() if callee not in apart)
        return tuple(found)

    def leads_back(self, name: str) -> bool:
        """Return whether a function calls itself, or what it calls does, however far down."""
        return any(name in self.reached_from(callee) for callee in self.functions[name].callees())

    def points(self, name: str) -> Iterator[Point]:
        """All that there is to be reached in a function: its blocks, but those that a constant keeps it from, and the
        ways that its decisions go.
        """
        function = self.functions[name]
        numbers = {block: number for number, block in enumerate(function.blocks)}
        pending, found = [function.entry], dict.fromkeys([function.entry])
        while pending:
            last = function.blocks[pending.pop()].instructions[-1]
            constant = last.op == "br" and last.operands and last.operands[0] in ("true", "false")
            follow = [each for value, each in last.targets if not constant or value == last.operands[0]]
            pending += [each for each in follow if each not in found]
            found |= dict.fromkeys(follow)
        for label in found:
            block = function.blocks[label]
            yield self.block_point(name, block, numbers[label])
            for each in block.instructions:
                yield from (self.way_point(name, each, way) for way in range(each.ways))

    def block_point(self, function: str, block: Block, number: int) -> Point:
        """The place of a block."""
        return Point(function, block.line, 0, self.text_at(function, block.line) or block.name, None, number)

    def way_point(self, function: str, decision: Instruction, way: int) -> Point:
        """The place of a way that a decision goes; whether it is that of a condition that is true, as it stands in C.

        Where a line of C has several decisions, the text says which of them it is.
        """
        every = self.decisions(function)
        number = next(at for at, each in enumerate(every) if each is decision)
        alike = [each for each in every if each.line == decision.line]
        text = self.text_at(function, decision.line) or decision.text
        if len(alike) > 1:
            text += f" (decision {1 + next(at for at, each in enumerate(alike) if each is decision)})"
        true = (way == 0) != decision.negated if decision.op != "switch" else None
        text = text if decision.op != "switch" else f"{text} ({decision.targets[way][0]})"
        return Point(function, decision.line, 1, text, true, WAYS * (1 + number) + way)

    def decisions(self, function: str) -> tuple[Instruction, ...]:
        """The instructions of a function that decide between ways, in the order of their blocks."""
        blocks = self.functions[function].blocks.values()
        return tuple(each for block in blocks for each in block.instructions if each.ways)

    def target(self, point: Point) -> str:
        """The block to which a way leads; empty of a place that is none, and of a choice between two values."""
        if point.number < WAYS:
            return ""
        number, way = divmod(point.number - WAYS, WAYS)
        decision = self.decisions(point.function)[number]
        return decision.targets[way][1] if decision.targets else ""
