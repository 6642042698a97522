"""A function of C that keeps lists in pre-order, executed as what its binding says it is."""

from collections import Counter
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from z3 import And, BoolVal, Const, ForAll, Implies, Not, Or, is_false

from model.spaces.dialect import Dialect, dialect_named
from model.spaces.literal import DONE, REFUSED
from model.spaces.theory import Formula, a, called
from proofs.execution.contract import CALLS, Named
from proofs.execution.llvm.interpreter import Interpreter
from proofs.execution.path import ExecutionError, Path, paths
from proofs.execution.values import Node, Truth, Value, no_frame, no_node, no_slot
from proofs.obligations.c_code.binding import FunctionBinding
from proofs.obligations.c_code.execution import (
    ANSWERS,
    NUMBERS_GIVEN,
    OPERATIONS,
    WIDE,
    CCode,
    If_,
    Loaded,
    callable_predicate,
)
from proofs.obligations.c_code.loops import Tested
from proofs.obligations.c_code.memory import is_pointer
from proofs.obligations.c_code.roles import ROLES
from proofs.obligations.c_code.state import NUMBERS, Count
from proofs.obligations.c_code.values import Out, RightsBits, any_number
from proofs.obligations.c_preorder import contracts as given_names
from proofs.obligations.c_preorder.contracts import CONTRACTS
from proofs.obligations.c_preorder.domain import Domain
from proofs.obligations.c_preorder.loops import Kind, Loop, end_kind, restrict_kind, scan_kind
from proofs.obligations.c_preorder.memory import Memory
from proofs.obligations.c_preorder.state import INVARIANTS, Lists, as_tree, fresh, holds
from proofs.obligations.kernel.simulation import demand_outcome
from proofs.obligations.tree.callees import named_when
from proofs.obligations.tree.loops import AT_EXIT

WRAPS = "wraps__no_depth"
"""What is demanded where a mapping is made: that its depth, one more than its parent's, has room in its field."""


def depth_width(code: CCode) -> int:
    """How many bits the field has that is bound as the depth."""
    fields = code.program.structs[code.binding.struct].fields.values()
    return next(each.bits for each in fields if each.name == code.binding.columns["depth"])


def start_of(code: CCode) -> Lists:
    """The lists before whatever is executed."""
    return fresh("", depth_width(code))


class Execution:
    """One function executed on one path."""

    def __init__(self, path: Path, code: CCode, bound: FunctionBinding) -> None:
        """Nothing is executed yet."""
        self.path, self.code, self.bound = path, code, bound
        self.memory = Memory(path, start_of(code))
        self.domain = Domain(code.program, code.binding, self.memory)
        apart = {each.name: self._call(each) for each in code.binding.functions.values() if ROLES[each.role].apart}
        apart.pop(bound.name, None)
        self.interpreter = Interpreter(code.program, path, self.domain, apart, {})
        self.domain.interpreter = self.interpreter
        self.memory.here = self.interpreter.place
        self.tested: Tested | None = None
        self._calls: Counter[str] = Counter()

    def follow(self, kinds: dict[str, Kind]) -> None:
        """The function's loops follow these invariants, as the binding says."""
        function = self.code.program.functions[self.bound.name]
        rules: dict[tuple[str, str], Loop] = {}
        for number, (head, said) in enumerate(zip(function.loop_heads(), self.bound.loops, strict=True), 1):
            if said.follows not in kinds:
                known = " or ".join(kinds) or "no loops"
                raise ExecutionError(
                    f"{self.code.binding.file}: functions.{self.bound.name}.loops: {self.bound.role} has no loop that "
                    f"follows {said.follows!r}; write {known}"
                )
            kind = kinds[said.follows]
            rules[(function.name, head)] = Loop(self.memory, number, said, kind, self.check_invariants, self.tested)
        self.interpreter.loops = rules

    def check_invariants(self) -> None:
        """The invariants hold here, if anything was written since they were known to."""
        if not self.memory.dirty:
            return
        state, place = self.memory.state(), self.interpreter.place()
        for name in INVARIANTS:
            self.path.demand(name, partial(INVARIANTS[name].formula, state), place)

    # Calls.

    def _call(self, callee: FunctionBinding) -> Callable[..., object]:
        if callee.role == "slot_number":
            order = [callee.arguments.index(name) for name in ("space", "page")]
            return lambda *given: self.domain.slot(*(given[number] for number in order))
        return lambda *given: self._promised(callee, given)

    def _promised(self, callee: FunctionBinding, given: tuple[object, ...]) -> object:
        contract, place = CONTRACTS[callee.role], self.interpreter.place()
        terms = self._terms(callee, given)
        before = self.memory.state()
        self.check_invariants()
        self.path.demand(CALLS, lambda: And(*contract.requires(before, *terms).values()), place)
        for formula in contract.counts(before, *terms).values():
            self.path.demand(WRAPS, lambda formula=formula: formula, place)  # type: ignore[misc]
        if callee.role == "is_below":
            return int(self.path.decide(before.below(*terms)))
        self._calls[callee.name] += 1
        moment = f"after {callee.name} {self._calls[callee.name]}"
        new = fresh(f" {moment}", before.width)
        self.memory.become(new)
        self.path.assume(named_when(moment, {**holds(new), **contract.promise(before, new, *terms)}))
        if self.code.program.functions[callee.name].result == "ptr":
            return Value(Const(f"what comes back {moment}", Node), self.path)
        return any_number(f"what comes back {moment}", self.path)

    def _terms(self, callee: FunctionBinding, given: tuple[object, ...]) -> list[Any]:
        """The arguments, in the order of the role's; two numbers of a slot are one. Pointers are to nodes, or NULL."""
        function = self.code.program.functions[callee.name]
        for value, (type, _) in zip(given, function.arguments, strict=True):
            if type == "ptr":  # of another, also one that does not matter, the callee's own proof says nothing
                self.domain.node(value)
        values = {said: value for said, value in zip(callee.arguments, given, strict=True) if said != "-"}
        terms = []
        for name in ROLES[callee.role].arguments:
            if name == "page":
                continue
            terms.append(
                self.domain.slot(values["space"], values["page"]).term
                if name == "space"
                else self._rights(values[name])
                if name == "rights"
                else self.domain.node(values[name])
            )
        return terms

    def _rights(self, value: object) -> Callable[..., Formula]:
        bits = self.domain.rights(value)
        if not is_false(bits.wide):  # the callee's own proof is about rights without other bits
            self.path.demand(CALLS, lambda: Not(bits.wide), self.interpreter.place())
        return bits.has

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


def requires(code: CCode, bound: FunctionBinding) -> Named:
    """What the proof of a function assumes of its arguments, beside the invariants."""
    if bound.role in OPERATIONS or bound.role.startswith("lookup"):
        return {}
    contract, start = CONTRACTS[bound.role], start_of(code)
    nodes = [term for term in contract.given if not callable_predicate(term) and term.sort() == Node]
    return {
        **{f"{term} is a node of the pool, or NULL": is_pointer(term) for term in nodes},
        **contract.requires(start, *contract.given),
        **contract.counts(start, *contract.given),
    }


def hypotheses(code: CCode, bound: FunctionBinding) -> Named:
    """All that the proof of a function assumes."""
    return {**holds(start_of(code)), **NUMBERS, **requires(code, bound)}


def _operation(execution: Execution, dialect: Dialect) -> None:
    path, bound, domain, memory = execution.path, execution.bound, execution.domain, execution.memory
    known: dict[str, object] = {name: Value(term, path) for name, term in NUMBERS_GIVEN.items()}
    known["rights"] = RightsBits(called.mask, path, WIDE)
    known["out"] = out = Out(_out_bits(execution))
    for side, slot in (("src", called.src), ("dst", called.dst)):
        path.note(domain.number_slot(NUMBERS_GIVEN[f"{side}.space"], NUMBERS_GIVEN[f"{side}.page"], slot))
    result = execution.run(known)
    execution.check_invariants()
    if bound.role == "lookup":
        _demand_answer(execution, result, out)
        return
    names = (called.src, called.dst) if bound.role != "flush" else (called.src,)
    outside = Or(WIDE, *(slot == no_slot for slot in names))
    status = {0: DONE, 1: REFUSED}.get(result, result) if isinstance(result, int) else result
    if status == DONE and isinstance(status, int):
        path.demand("ends__in_one_way", lambda: Not(outside), execution.interpreter.place())
    start = memory.start
    source = start.node_of(called.src)
    deepest = And(source != no_node, start.depth(source) == start.deepest) if bound.role == "map" else BoolVal(False)
    end = as_tree(memory.state())
    demand_outcome(path, status, bound.role, dialect, end, lambda: Or(outside, deepest), as_tree(start))


def _out_bits(execution: Execution) -> int:
    """How many bits the argument points to through which the function answers; 0 if there is none."""
    function, bound = execution.code.program.functions[execution.bound.name], execution.bound
    names = [name for (_, name), said in zip(function.arguments, bound.arguments, strict=True) if said == "out"]
    return function.pointees.get(names[0], 0) if names else 0


def _demand_answer(execution: Execution, result: object, out: Out) -> None:
    """The frame and the rights are those of the slot's node, or none; nothing was written."""
    path, domain, start = execution.path, execution.domain, execution.memory.start
    frame = domain.frame(result, "i64")
    found = start.node_of(called.src)
    there = And(called.src != no_slot, found != no_node)
    untouched = execution.memory.untouched
    path.demand(ANSWERS, lambda: If_(there, frame == start.frame(found), frame == no_frame))
    if "out" in execution.bound.arguments:
        told = domain.rights(out.value if out.value is not None else Const("nothing", Count))
        path.demand(ANSWERS, lambda: ForAll([a], Implies(there, told.has(a) == start.rights(found, a))))
        path.demand(ANSWERS, lambda: Implies(there, Not(told.wide)))
    path.demand(ANSWERS, lambda: BoolVal(untouched))


def _apart(execution: Execution) -> None:
    path, bound, memory = execution.path, execution.bound, execution.memory
    contract, start = CONTRACTS[bound.role], memory.start
    known: dict[str, object] = {}
    for term in contract.given:
        if callable_predicate(term):
            known["rights"] = RightsBits(term, path)
        elif term.eq(given_names.slot):
            space, page = given_names.space, given_names.page
            path.note(execution.domain.number_slot(space, page, term))
            known |= {"space": Value(space, path), "page": Value(page, path)}
        else:
            known[str(term)] = Value(term, path)
    kinds: dict[str, Kind] = {}
    if bound.role == "restrict_below":
        top, has = contract.given
        kinds = {"end": end_kind(top, start), "restrict": restrict_kind(top, has, start)}
    elif bound.role == "is_below":
        lower, upper = contract.given
        kinds = {"scan": scan_kind(lower, upper, start)}
    execution.follow(kinds)
    result = execution.run(known)
    execution.check_invariants()
    after = memory.state()
    if bound.role == "is_below":
        answer = start.below(*contract.given)
        result = int(bool(result)) if isinstance(result, Truth) else result
        fits = isinstance(result, int) and result in (0, 1) and memory.untouched
        path.demand(AT_EXIT, lambda: answer == BoolVal(result == 1) if fits else BoolVal(False))
    else:
        path.demand_all(AT_EXIT, partial(contract.promise, start, after, *contract.given))


@cache
def walked(code: Loaded, function: str, dialect: str) -> tuple[Path, ...]:
    """All paths through a function, with what must hold on them."""
    bound = code.code.binding.functions[function]
    contract = CONTRACTS.get(bound.role)
    given = contract.given if contract else ()
    tested = Tested([term for term in given if not callable_predicate(term) and term.sort() == Node])

    def run(path: Path) -> None:
        path.learn(hypotheses(code.code, bound))
        execution = Execution(path, code.code, bound)
        execution.tested = tested
        if bound.role in OPERATIONS or bound.role.startswith("lookup"):
            execution.follow({})
            _operation(execution, dialect_named(dialect))
        else:
            _apart(execution)

    return tested.settled(lambda: tuple(path for path, _ in paths(run)))
