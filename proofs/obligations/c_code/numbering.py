"""The function that numbers slots, executed on integers: no two slots have one number, and every number is in range.

In all other proofs a slot is what it stands for, and the function is not looked into.
"""

from collections.abc import Iterator
from typing import Any

from z3 import And, ArithRef, Int, IntVal

from model.spaces.theory import Formula, Term
from proofs.execution.llvm.interpreter import OVERFLOW, Interpreter, width
from proofs.execution.llvm.program import Program, UnsupportedError
from proofs.execution.path import Path, paths
from proofs.obligation import Condition
from proofs.obligations.c_code.binding import Binding, FunctionBinding

SPACES, PAGES = Int("spaces"), Int("pages")


class _Integers:
    """Integers without a bound; that a number of C has room for what comes out is demanded."""

    def __init__(self, program: Program, binding: Binding, path: Path) -> None:
        self.program, self.binding, self.path = program, binding, path
        self.interpreter: Interpreter

    def variable(self, name: str) -> object:
        return name

    def load(self, address: object, type: str) -> object:
        found = {self.binding.globals["spaces"]: SPACES, self.binding.globals["pages"]: PAGES}.get(str(address))
        if found is None:
            raise self._refused(f"{address} is read where a slot is numbered")
        has = self.program.globals[str(address)].type
        if type != has:
            raise self._refused(f"{type} read where the variable {address} is {has}")
        return found

    def binary(self, op: str, flags: tuple[str, ...], type: str, one: Any, other: Any) -> object:
        left, right = (each if isinstance(each, ArithRef) else IntVal(each) for each in (one, other))
        if op not in ("add", "mul"):
            raise self._refused(f"{op} where a slot is numbered")
        result = left + right if op == "add" else left * right
        most = (1 << width(type) - (1 if "nsw" in flags else 0)) - 1
        self.path.demand(OVERFLOW, lambda: And(result >= 0, result <= most), self.interpreter.place())
        return result

    def cast(self, op: str, start: str, value: Any, end: str) -> object:
        if op != "zext":
            raise self._refused(f"{op} where a slot is numbered")
        return value

    def _refused(self, what: str) -> UnsupportedError:
        return self.interpreter.unsupported(what)

    def element(self, type: str, base: object, indices: tuple[object, ...]) -> object:
        raise self._refused("an address computed where a slot is numbered")

    def store(self, address: object, value: object, type: str) -> None:
        raise self._refused("a write where a slot is numbered")

    def local(self, name: str, type: str) -> object:
        raise self._refused(f"the local {name}, whose address is taken, where a slot is numbered")

    def left(self, address: object) -> None:
        raise self._refused("a local whose address is taken where a slot is numbered")

    def forget(self, address: object, type: str) -> bool:
        return False

    def compare(self, predicate: str, type: str, one: object, other: object) -> object:
        raise self._refused("a comparison where a slot is numbered")

    def intrinsic(self, name: str, arguments: tuple[object, ...]) -> object:
        raise self._refused(f"a call of {name} where a slot is numbered")


def _number(program: Program, binding: Binding, bound: FunctionBinding, mark: str) -> tuple[Path, Term, Term, Term]:
    """The one path through the function, the numbers of space and page, and what comes out."""
    known = {"space": Int(f"space{mark}"), "page": Int(f"page{mark}")}

    def run(path: Path) -> object:
        domain = _Integers(program, binding, path)
        domain.interpreter = Interpreter(program, path, domain)
        return domain.interpreter.run(bound.name, *(known[name] for name in bound.arguments))

    (found,) = paths(run)
    path, result = found
    return path, known["space"], known["page"], result if isinstance(result, ArithRef) else IntVal(result)


def _in_range(space: Term, page: Term) -> dict[str, Formula]:
    return {
        f"{space} is a space": And(space >= 0, space < SPACES),
        f"{page} is a page": And(page >= 0, page < PAGES),
    }


_SMALL = {"there are fewer than 2³² spaces and pages": And(SPACES < 1 << 32, PAGES < 1 << 32)}


def in_range(program: Program, binding: Binding, bound: FunctionBinding) -> Iterator[Condition]:
    """The number of a slot in range is below the number of slots, and nothing wraps around on the way."""
    path, space, page, result = _number(program, binding, bound, "")
    given = {**_SMALL, **_in_range(space, page), "rows of pages": (space + 1) * PAGES <= SPACES * PAGES}
    step = {name: formula for name, formula in given.items() if name != "rows of pages"}
    yield Condition(step, dict.fromkeys(step, "invariant"), given["rows of pages"])
    goals = [*(demand.formula() for demand in path.demands), And(result >= 0, result < SPACES * PAGES)]
    for goal in goals:
        yield Condition(given, dict.fromkeys(given, "invariant"), goal)


def one_to_one(program: Program, binding: Binding, bound: FunctionBinding) -> Iterator[Condition]:
    """Two slots with the same number have the same space and the same page."""
    _, space, page, result = _number(program, binding, bound, "")
    _, other_space, other_page, other = _number(program, binding, bound, " 2")
    given = {
        **_SMALL,
        **_in_range(space, page),
        **_in_range(other_space, other_page),
        "the numbers are equal": result == other,
    }
    goal = And(space == other_space, page == other_page)
    yield Condition(given, dict.fromkeys(given, "invariant"), goal)
