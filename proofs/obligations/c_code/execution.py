"""A function of C executed as what its binding says it is: what is given at first, and what must hold at the end.

A function that is proved by itself is not executed where it is called: there its requirement and the invariants are
demanded, and the data becomes any for which these and its promise hold.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from z3 import And, Bool, BoolSort, BoolVal, Const, Consts, ForAll, Function, Implies, Not, Or, is_false

from model.spaces.dialect import Dialect, dialect_named
from model.spaces.literal import DONE, REFUSED
from model.spaces.theory import Formula, Predicate, Right, Term, a, called
from proofs.execution.contract import CALLS, Named
from proofs.execution.llvm.interpreter import Interpreter
from proofs.execution.llvm.program import Program
from proofs.execution.path import ExecutionError, Path, paths
from proofs.execution.values import Node, Truth, Value, no_frame, no_node, no_slot
from proofs.obligations.c_code.binding import Binding, FunctionBinding
from proofs.obligations.c_code.domain import CDomain
from proofs.obligations.c_code.locals import LocalAt
from proofs.obligations.c_code.loops import CLoop, Kind, Tested, climb_kind, flush_kind, restrict_kind
from proofs.obligations.c_code.memory import CMemory, is_pointer
from proofs.obligations.c_code.own import own_invariant
from proofs.obligations.c_code.roles import ROLES
from proofs.obligations.c_code.state import BEFORE, INVARIANTS, NUMBERS, Count, CState, fresh, holds, tree_of
from proofs.obligations.c_code.values import (
    ArrayStart,
    Cell,
    Constant,
    Element,
    Out,
    RightsBits,
    Variable,
    any_number,
)
from proofs.obligations.kernel.simulation import demand_outcome
from proofs.obligations.tree.callees import named_when
from proofs.obligations.tree.contracts import CONTRACTS, flushed_wholly, kept_nodes, restricted_wholly
from proofs.obligations.tree.invariants import n
from proofs.obligations.tree.loops import AT_EXIT
from proofs.obligations.tree.tree import TreeState

OPERATIONS = ("map", "grant", "flush")
TREE = tree_of(BEFORE)
ANSWERS = "answers"

node, above, top, lower, upper = Consts("node above top lower upper", Node)
kept = Function("kept", Right, BoolSort())
NOTHING_KEPT: Predicate = lambda _: BoolVal(False)  # noqa: E731


@dataclass(frozen=True, slots=True)
class CCode:
    """A program and its binding."""

    program: Program
    binding: Binding

    @property
    def invariants(self) -> tuple[str, ...]:
        """The invariants that its data is to have."""
        return tuple(name for name in INVARIANTS if name != "page_table" or self.binding.page_table)

    def structural(self) -> tuple[str, ...]:
        """Those that hold also while a node is in no list."""
        return tuple(name for name in self.invariants if INVARIANTS[name].structural)


def removed_alone(b: TreeState, t: TreeState, gone: Term) -> Named:
    """The node is gone, and nothing else changed."""
    return {
        "what is left stands where it stood": kept_nodes(b, t),
        "the node alone is gone": ForAll([n], t.live(n) == And(b.live(n), n != gone)),
        "what is left has its rights": ForAll([n, a], Implies(t.live(n), t.rights(n, a) == b.rights(n, a))),
    }


@dataclass(frozen=True, slots=True)
class CContract:
    """A function that is proved by itself: what it requires, and what it promises, of the trees and its arguments."""

    requires: Callable[..., Named]
    promise: Callable[..., Named]


APART: dict[str, CContract] = {
    "remove": CContract(CONTRACTS["remove_leaf"].requires, removed_alone),
    "flush_below": CContract(CONTRACTS["flush_below"].requires, flushed_wholly),
    "restrict_below": CContract(CONTRACTS["restrict_below"].requires, restricted_wholly),
    "is_below": CContract(CONTRACTS["is_below"].requires, lambda b, t, *_: {}),
}
"""By role; the requirements are those of our kernel's functions."""

GIVEN: dict[str, tuple[Any, ...]] = {
    "remove": (node,),
    "flush_below": (top,),
    "restrict_below": (top, kept),
    "is_below": (lower, upper),
}
"""What each is called with in its proof, in the order of its role's arguments."""


class Execution:
    """One function executed on one path; ``moments`` are states, with the number of demands met before them."""

    def __init__(self, path: Path, code: CCode, bound: FunctionBinding) -> None:
        """Nothing is executed yet."""
        self.path, self.code, self.bound = path, code, bound
        self.memory = CMemory(path)
        self.domain = CDomain(code.program, code.binding, self.memory)
        apart = {each.name: self._call(each) for each in code.binding.functions.values() if ROLES[each.role].apart}
        apart.pop(bound.name, None)
        self.under_way: list[CLoop] = []
        self.interpreter = Interpreter(code.program, path, self.domain, apart, {})
        self.domain.interpreter = self.interpreter
        self.memory.here = self.interpreter.place
        self.moments: list[tuple[int, CState]] = []
        self.tested: Tested | None = None
        self._calls: Counter[str] = Counter()

    def follow(self, kinds: dict[str, Kind]) -> None:
        """The function's loops follow these invariants, as the binding says."""
        function = self.code.program.functions[self.bound.name]
        rules: dict[tuple[str, str], CLoop] = {}
        for number, (head, said) in enumerate(zip(function.loop_heads(), self.bound.loops, strict=True), 1):
            if said.follows not in kinds:
                raise ExecutionError(
                    f"{self.code.binding.file}: functions.{self.bound.name}.loops: {self.bound.role} has no loop that "
                    f"follows {said.follows!r}; write {' or '.join(kinds)}"
                )
            kind = kinds[said.follows]
            names = self.code.invariants
            own = own_invariant(self.code.binding.file, said.also) if said.also else None
            rules[(function.name, head)] = CLoop(
                self.memory, number, said, kind, names, self.under_way, self.check_invariants, own, self.tested
            )
        self.interpreter.loops = rules

    def check_invariants(self) -> None:
        """The invariants hold here, if anything was written since they were known to."""
        state, place = self.memory.state(), self.interpreter.place()
        self.moments.append((len(self.path.demands), state))
        if not self.memory.dirty:
            return
        for name in self.code.invariants:
            self.path.demand(name, partial(INVARIANTS[name].formula, state), place)

    # Calls.

    def _call(self, callee: FunctionBinding) -> Callable[..., object]:
        if callee.role == "slot_number":
            order = [callee.arguments.index(name) for name in ("space", "page")]
            return lambda *given: self.domain.slot(*(given[number] for number in order))
        return lambda *given: self._promised(callee, given)

    def _promised(self, callee: FunctionBinding, given: tuple[object, ...]) -> object:
        contract, place = APART[callee.role], self.interpreter.place()
        if any(isinstance(each, ADDRESSES) for each in given):
            raise self.interpreter.unsupported(f"an address of no node handed to {callee.name}, proved by itself")
        wanted = ROLES[callee.role].arguments
        terms = [self._term(name, given[callee.arguments.index(name)]) for name in wanted]
        for term in terms:
            if not callable(term):
                for column in ("first_child", "parent"):
                    self.memory.columns[column].named(term)
        before = tree_of(self.memory.state())
        self.check_invariants()
        self.path.demand(CALLS, lambda: And(*contract.requires(before, *terms).values()), place)
        if callee.role == "is_below":
            return int(self.path.decide(before.below(*terms)))
        self._calls[callee.name] += 1
        moment = f"after {callee.name} {self._calls[callee.name]}"
        new = fresh(f" {moment}")
        self.memory.become(new)
        after = tree_of(new)
        self.path.assume(
            named_when(moment, {**holds(new, self.code.invariants), **contract.promise(before, after, *terms)})
        )
        return self._returned(callee.name, moment)

    def _returned(self, name: str, moment: str) -> object:
        """What a function gives back of which nothing is said: anything of its type."""
        if self.code.program.functions[name].result == "ptr":
            return Value(Const(f"what comes back {moment}", Node), self.path)
        return any_number(f"what comes back {moment}", self.path)

    def _term(self, name: str, value: object) -> Any:
        if name == "rights":
            bits = self.domain.rights(value)
            if not is_false(bits.wide):  # the callee's own proof is about rights without other bits
                self.path.demand(CALLS, lambda: Not(bits.wide), self.interpreter.place())
            return bits.has
        return no_node if value is None else self.domain.node(value)

    # Arguments.

    def arguments(self, known: dict[str, object]) -> list[object]:
        """What the function is called with: what is known by name, and else anything of its type."""
        function = self.code.program.functions[self.bound.name]
        given: list[object] = []
        for (type, name), said in zip(function.arguments, self.bound.arguments, strict=True):
            if said in known:
                given.append(known[said])
            elif type == "ptr":
                term = Const(f"argument {name}", Node)
                self.path.note(is_pointer(term))
                given.append(Value(term, self.path))
            else:
                given.append(Value(Const(f"argument {name}", Count), self.path))
        return given

    def run(self, known: dict[str, object]) -> object:
        """Execute it."""
        return self.interpreter.run(self.bound.name, *self.arguments(known))


def requires(bound: FunctionBinding) -> Named:
    """What the proof of a function assumes of its arguments, beside the invariants."""
    if bound.role in OPERATIONS or bound.role.startswith("lookup"):
        return {}
    given = GIVEN[bound.role]
    pointers = {
        f"{term} is a node of the pool, or NULL": is_pointer(term) for term in given if not callable_predicate(term)
    }
    return {**pointers, **APART[bound.role].requires(TREE, *given)}


def callable_predicate(term: object) -> bool:
    """Whether it stands for a set of rights."""
    return not hasattr(term, "sort")


def hypotheses(code: CCode, bound: FunctionBinding) -> Named:
    """All that the proof of a function assumes."""
    return {**holds(BEFORE, code.invariants), **NUMBERS, **requires(bound)}


ADDRESSES = (Variable, ArrayStart, Element, Cell, Out, Constant, LocalAt)
"""What a function that is proved by itself is not called with: its proof takes pointers for nodes, or NULL."""

WIDE = Bool("the mask has other bits")
NUMBERS_GIVEN = {
    name: Const(name.replace(".", "_"), Count) for name in ("src.space", "src.page", "dst.space", "dst.page")
}


def _operation(execution: Execution, dialect: Dialect) -> None:
    path, bound, domain = execution.path, execution.bound, execution.domain
    known: dict[str, object] = {name: Value(term, path) for name, term in NUMBERS_GIVEN.items()}
    known["rights"] = RightsBits(called.mask, path, WIDE)
    known["out"] = Out(_out_bits(execution))
    for side, slot in (("src", called.src), ("dst", called.dst)):
        path.note(domain.number_slot(NUMBERS_GIVEN[f"{side}.space"], NUMBERS_GIVEN[f"{side}.page"], slot))
    result = execution.run(known)
    execution.check_invariants()
    if bound.role.startswith("lookup"):
        out = known["out"]
        assert isinstance(out, Out)
        _demand_answer(execution, result, out)
        return
    names = (called.src, called.dst) if bound.role != "flush" else (called.src,)
    excuse = Or(WIDE, *(slot == no_slot for slot in names))
    status = {0: DONE, 1: REFUSED}.get(result, result) if isinstance(result, int) else result
    if status == DONE and isinstance(status, int):
        path.demand("ends__in_one_way", lambda: Not(excuse), execution.interpreter.place())
    demand_outcome(path, status, bound.role, dialect, tree_of(execution.memory.state()), lambda: excuse, TREE)


def _out_bits(execution: Execution) -> int:
    """How many bits the argument points to through which the function answers; 0 if there is none."""
    function, bound = execution.code.program.functions[execution.bound.name], execution.bound
    names = [name for (_, name), said in zip(function.arguments, bound.arguments, strict=True) if said == "out"]
    return function.pointees.get(names[0], 0) if names else 0


def _demand_answer(execution: Execution, result: object, out: Out) -> None:
    """The frame and the rights are those of the slot's node, or none; nothing was written."""
    path, domain = execution.path, execution.domain
    frame = domain.frame(result, "i64")
    found = TREE.node_of(called.src)
    there = And(called.src != no_slot, found != no_node)
    path.demand(ANSWERS, lambda: If_(there, frame == TREE.frame(found), frame == no_frame))
    if "out" in execution.bound.arguments:
        told = domain.rights(out.value if out.value is not None else Const("nothing", Count))
        path.demand(ANSWERS, lambda: ForAll([a], Implies(there, told.has(a) == TREE.rights(found, a))))
        path.demand(ANSWERS, lambda: Implies(there, Not(told.wide)))
    path.demand(ANSWERS, lambda: BoolVal(execution.memory.untouched))


def If_(condition: Formula, yes: Formula, no: Formula) -> Formula:
    """One of two formulas."""
    return And(Implies(condition, yes), Implies(Not(condition), no))


def _apart(execution: Execution) -> None:
    path, bound, memory = execution.path, execution.bound, execution.memory
    given = GIVEN[bound.role]
    known: dict[str, object] = {
        name: RightsBits(term, path) if callable_predicate(term) else Value(term, path)
        for name, term in zip(ROLES[bound.role].arguments, given, strict=True)
    }
    no_loops: Callable[[], dict[str, Kind]] = dict
    kinds: dict[str, Kind] = {
        "flush_below": lambda: {"flush": flush_kind(top, TREE), "restrict": restrict_kind(top, NOTHING_KEPT, TREE)},
        "restrict_below": lambda: {"restrict": restrict_kind(top, kept, TREE)},
        "is_below": lambda: {"climb": climb_kind(lower, upper, TREE)},
        "remove": no_loops,
    }[bound.role]()
    execution.follow(kinds)
    for term in given:
        if not callable_predicate(term):
            memory.columns["first_child"].named(term)
    result = execution.run(known)
    execution.check_invariants()
    after = tree_of(memory.state())
    if bound.role == "is_below":
        path.demand(AT_EXIT, lambda: _answers(result, TREE.below(lower, upper)))
        path.demand(AT_EXIT, lambda: BoolVal(memory.untouched))
    else:
        path.demand_all(AT_EXIT, lambda: APART[bound.role].promise(TREE, after, *given))


def _answers(result: object, right: Formula) -> Formula:
    """The result is 1 where the answer is yes, and 0 where it is no: a call of the function is taken to give these."""
    if isinstance(result, Truth):
        return result.term == right
    return right == BoolVal(result == 1) if isinstance(result, int) and result in (0, 1) else BoolVal(False)


@cache
def executed(code: "Loaded", function: str, dialect: str) -> tuple[Execution, ...]:
    """The function executed on each of its paths, with what must hold on them."""
    bound = code.code.binding.functions[function]
    tested = Tested([term for term in GIVEN.get(bound.role, ()) if not callable_predicate(term)])

    found: list[Execution] = []

    def run(path: Path) -> None:
        path.learn(hypotheses(code.code, bound))
        execution = Execution(path, code.code, bound)
        execution.tested = tested
        found.append(execution)
        if bound.role in OPERATIONS or bound.role.startswith("lookup"):
            execution.follow({})
            _operation(execution, dialect_named(dialect))
        else:
            _apart(execution)

    def every() -> tuple[Execution, ...]:
        found.clear()
        for _ in paths(run):
            pass
        return tuple(found)

    return tested.settled(every)


def walked(code: "Loaded", function: str, dialect: str) -> tuple[Path, ...]:
    """All paths through a function."""
    return tuple(each.path for each in executed(code, function, dialect))


@dataclass(frozen=True, eq=False)
class Loaded:
    """Code that was read: one object for one reading."""

    code: CCode
