"""A function of C executed as what its binding says it is: what is given at first, and what must hold at the end.

A function that is proved by itself is not executed where it is called: there its requirement and the invariants are
demanded, and the data becomes any for which these and its promise hold. All of this is the same whatever the shape of
the data; what a shape has of its own is in a class of it.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from z3 import And, Bool, BoolVal, Const, Consts, ForAll, Implies, Not, Or, is_false

from model.spaces.dialect import Dialect, dialect_named
from model.spaces.literal import DONE, REFUSED
from model.spaces.theory import Formula, Slot, Term, a, called
from proofs.execution.contract import CALLS, Named
from proofs.execution.llvm.interpreter import Interpreter, LoopHead
from proofs.execution.path import ExecutionError, Path, paths
from proofs.execution.values import Node, Truth, Value, no_frame, no_node, no_slot
from proofs.obligations.c_code.binding import FunctionBinding
from proofs.obligations.c_code.domain import CDomain
from proofs.obligations.c_code.locals import LocalAt
from proofs.obligations.c_code.loops import Tested
from proofs.obligations.c_code.memory import is_pointer
from proofs.obligations.c_code.roles import ROLES
from proofs.obligations.c_code.shape import CCode, Loaded, Memory, Shape, callable_predicate
from proofs.obligations.c_code.state import NUMBERS, Count
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
from proofs.obligations.tree.loops import AT_EXIT

OPERATIONS = ("map", "grant", "flush")
ANSWERS = "answers"
WRAPS = "wraps__no_depth"
"""What is demanded where a mapping is made: that its depth, one more than its parent's, has room in its field."""

new_space, new_page = Consts("new_space new_page", Count)
"""The numbers of a slot that a function proved by itself is called with."""

ADDRESSES = (Variable, ArrayStart, Element, Cell, Out, Constant, LocalAt)
"""What a function that is proved by itself is not called with: its proof takes pointers for nodes, or NULL."""

WIDE = Bool("the mask has other bits")
NUMBERS_GIVEN = {
    name: Const(name.replace(".", "_"), Count) for name in ("src.space", "src.page", "dst.space", "dst.page")
}


class Execution(Shape):
    """One function executed on one path; ``moments`` are states, with the number of demands met before them."""

    def __init__(self, path: Path, code: CCode, bound: FunctionBinding, memory: Memory, domain: CDomain) -> None:
        """Nothing is executed yet."""
        self.path, self.code, self.bound, self.memory, self.domain = path, code, bound, memory, domain
        apart = {each.name: self._call(each) for each in code.binding.functions.values() if ROLES[each.role].apart}
        apart.pop(bound.name, None)
        self.interpreter = Interpreter(code.program, path, domain, apart, {})
        domain.interpreter = self.interpreter
        memory.here = self.interpreter.place
        self.moments: list[tuple[int, Any]] = []
        self.tested: Tested | None = None
        self._calls: Counter[str] = Counter()

    # What is the same of all.

    def follow(self, kinds: Mapping[str, Any]) -> None:
        """The function's loops follow these invariants, as the binding says."""
        function = self.code.program.functions[self.bound.name]
        rules: dict[tuple[str, str], LoopHead] = {}
        for number, (head, said) in enumerate(zip(function.loop_heads(), self.bound.loops, strict=True), 1):
            if said.follows not in kinds:
                known = " or ".join(kinds) or "no loops"
                raise ExecutionError(
                    f"{self.code.binding.file}: functions.{self.bound.name}.loops: {self.bound.role} has no loop that "
                    f"follows {said.follows!r}; write {known}"
                )
            rules[(function.name, head)] = self.loop(number, said, kinds[said.follows])
        self.interpreter.loops = rules

    def check_invariants(self) -> None:
        """The invariants hold here, if anything was written since they were known to."""
        state, place = self.memory.state(), self.interpreter.place()
        self.moments.append((len(self.path.demands), state))
        if not self.memory.dirty:
            return
        for name, formula in self.invariants(self.code).items():
            self.path.demand(name, partial(formula, state), place)

    # Calls.

    def _call(self, callee: FunctionBinding) -> Callable[..., object]:
        if callee.role == "slot_number":
            order = [callee.arguments.index(name) for name in ("space", "page")]
            return lambda *given: self.domain.slot(*(given[number] for number in order))
        return lambda *given: self._promised(callee, given)

    def _promised(self, callee: FunctionBinding, given: tuple[object, ...]) -> object:
        contract, place = self.contracts[callee.role], self.interpreter.place()
        terms = self._terms(callee, given)
        known = self.memory.state()
        before = self.told(known)
        self.check_invariants()
        self.path.demand(CALLS, lambda: And(*contract.requires(before, *terms).values()), place)
        for formula in contract.counts(before, *terms).values():
            self.path.demand(WRAPS, lambda formula=formula: formula, place)  # type: ignore[misc]
        if callee.role == "is_below":
            return int(self.path.decide(before.below(*terms)))
        self._calls[callee.name] += 1
        moment = f"after {callee.name} {self._calls[callee.name]}"
        new = self.fresh(f" {moment}", known)
        self.memory.become(new)
        promised = contract.promise(before, self.told(new), *terms)
        self.path.assume(named_when(moment, {**self.holds(self.code, new), **promised}))
        if self.code.program.functions[callee.name].result == "ptr":
            return Value(Const(f"what comes back {moment}", Node), self.path)
        return any_number(f"what comes back {moment}", self.path)

    def _terms(self, callee: FunctionBinding, given: tuple[object, ...]) -> list[Any]:
        """The arguments, in the order of the role's; two numbers of a slot are one. Pointers are to nodes, or NULL."""
        if any(isinstance(each, ADDRESSES) for each in given):
            raise self.interpreter.unsupported(f"an address of no node handed to {callee.name}, proved by itself")
        function = self.code.program.functions[callee.name]
        for value, (type, _) in zip(given, function.arguments, strict=True):
            if type == "ptr":  # of another, also one that does not matter, the callee's own proof says nothing
                self._node(value)
        values = {said: value for said, value in zip(callee.arguments, given, strict=True) if said != "-"}
        terms: list[Any] = []
        for name in ROLES[callee.role].arguments:
            if name == "space":
                terms.append(self.domain.slot(values["space"], values["page"]).term)
            elif name == "rights":
                terms.append(self._rights(values[name]))
            elif name != "page":
                terms.append(self._node(values[name]))
                self.memory.met(terms[-1])
        return terms

    def _node(self, value: object) -> Term:
        return no_node if value is None else self.domain.node(value)

    def _rights(self, value: object) -> Callable[..., Formula]:
        bits = self.domain.rights(value)
        if not is_false(bits.wide):  # the callee's own proof is about rights without other bits
            self.path.demand(CALLS, lambda: Not(bits.wide), self.interpreter.place())
        return bits.has

    # Arguments.

    def run(self, known: dict[str, object]) -> object:
        """Execute it, called with what is known by name, and else with anything of its type."""
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
        return self.interpreter.run(self.bound.name, *given)

    # Whole functions.

    def operate(self, dialect: Dialect) -> None:
        """It is an operation of the interface: what it does is the theory's action, or what it answers is right."""
        path, bound, domain, memory = self.path, self.bound, self.domain, self.memory
        known: dict[str, object] = {name: Value(term, path) for name, term in NUMBERS_GIVEN.items()}
        known["rights"] = RightsBits(called.mask, path, WIDE)
        known["out"] = out = Out(self._out_bits())
        for side, slot in (("src", called.src), ("dst", called.dst)):
            path.note(domain.number_slot(NUMBERS_GIVEN[f"{side}.space"], NUMBERS_GIVEN[f"{side}.page"], slot))
        self.follow({})
        result = self.run(known)
        self.check_invariants()
        if bound.role.startswith("lookup"):
            self._demand_answer(result, out)
            return
        names = (called.src, called.dst) if bound.role != "flush" else (called.src,)
        outside = Or(WIDE, *(slot == no_slot for slot in names))
        status = {0: DONE, 1: REFUSED}.get(result, result) if isinstance(result, int) else result
        if status == DONE and isinstance(status, int):
            path.demand("ends__in_one_way", lambda: Not(outside), self.interpreter.place())
        end, start = self.tree(memory.state()), self.tree(memory.start)
        excuse = Or(outside, self.excuse())
        demand_outcome(path, status, bound.role, dialect, end, lambda: excuse, start)

    def _out_bits(self) -> int:
        """How many bits the argument points to through which the function answers; 0 if there is none."""
        function = self.code.program.functions[self.bound.name]
        said = zip(function.arguments, self.bound.arguments, strict=True)
        names = [name for (_, name), each in said if each == "out"]
        return function.pointees.get(names[0], 0) if names else 0

    def _demand_answer(self, result: object, out: Out) -> None:
        """The frame and the rights are those of the slot's node, or none; nothing was written."""
        path, domain, start = self.path, self.domain, self.tree(self.memory.start)
        frame = domain.frame(result, "i64")
        found, untouched = start.node_of(called.src), self.memory.untouched
        there = And(called.src != no_slot, found != no_node)
        answer = And(Implies(there, frame == start.frame(found)), Implies(Not(there), frame == no_frame))
        path.demand(ANSWERS, lambda: answer)
        if "out" in self.bound.arguments:
            told = domain.rights(out.value if out.value is not None else Const("nothing", Count))
            path.demand(ANSWERS, lambda: ForAll([a], Implies(there, told.has(a) == start.rights(found, a))))
            path.demand(ANSWERS, lambda: Implies(there, Not(told.wide)))
        path.demand(ANSWERS, lambda: BoolVal(untouched))

    def keep_promise(self) -> None:
        """It is proved by itself: what it promises holds at its end."""
        path, bound, memory = self.path, self.bound, self.memory
        contract = self.contracts[bound.role]
        known: dict[str, object] = {}
        for term in contract.given:
            if callable_predicate(term):
                known["rights"] = RightsBits(term, path)
            elif term.sort() == Slot:
                path.note(self.domain.number_slot(new_space, new_page, term))
                known |= {"space": Value(new_space, path), "page": Value(new_page, path)}
            else:
                known[str(term)] = Value(term, path)
        self.follow(self.kinds())
        for term in contract.nodes:
            memory.met(term)
        result = self.run(known)
        self.check_invariants()
        start, after, untouched = self.told(memory.start), self.told(memory.state()), memory.untouched
        if bound.role == "is_below":
            path.demand(AT_EXIT, lambda: _answers(result, start.below(*contract.given)))
            path.demand(AT_EXIT, lambda: BoolVal(untouched))
        else:
            path.demand_all(AT_EXIT, lambda: contract.promise(start, after, *contract.given))


def _answers(result: object, right: Formula) -> Formula:
    """The result is 1 where the answer is yes, and 0 where it is no: a call of the function is taken to give these."""
    if isinstance(result, Truth):
        return result.term == right
    return right == BoolVal(result == 1) if isinstance(result, int) and result in (0, 1) else BoolVal(False)


def is_operation(role: str) -> bool:
    """Return whether a function with the role is one of the interface."""
    return role in OPERATIONS or role.startswith("lookup")


def requires(shape: type[Execution], code: CCode, bound: FunctionBinding) -> Named:
    """Return what the proof of a function assumes of its arguments, beside the invariants."""
    if is_operation(bound.role):
        return {}
    contract, start = shape.contracts[bound.role], shape.told(shape.start(code))
    return {
        **{f"{term} is a node of the pool, or NULL": is_pointer(term) for term in contract.nodes},
        **contract.requires(start, *contract.given),
        **contract.counts(start, *contract.given),
    }


def hypotheses(shape: type[Execution], code: CCode, bound: FunctionBinding) -> Named:
    """All that the proof of a function assumes."""
    return {**shape.holds(code, shape.start(code)), **NUMBERS, **requires(shape, code, bound)}


@cache
def executed(shape: type[Execution], code: Loaded, function: str, dialect: str) -> tuple[Execution, ...]:
    """The function executed on each of its paths, with what must hold on them."""
    bound = code.code.binding.functions[function]
    contract = shape.contracts.get(bound.role)
    tested = Tested(contract.nodes if contract else ())
    found: list[Execution] = []

    def run(path: Path) -> None:
        path.learn(hypotheses(shape, code.code, bound))
        execution = shape.of(path, code.code, bound)
        execution.tested = tested
        found.append(execution)
        if is_operation(bound.role):
            execution.operate(dialect_named(dialect))
        else:
            execution.keep_promise()

    def every() -> tuple[Execution, ...]:
        found.clear()
        for _ in paths(run):
            pass
        return tuple(found)

    return tested.settled(every)


def walked(shape: type[Execution], code: Loaded, function: str, dialect: str) -> tuple[Path, ...]:
    """All paths through a function."""
    return tuple(each.path for each in executed(shape, code, function, dialect))


def demanded(shape: type[Execution], code: Loaded, function: str, dialect: str) -> tuple[str, ...]:
    """Return what is demanded on some path of a function."""
    return tuple(dict.fromkeys(each.what for path in walked(shape, code, function, dialect) for each in path.demands))
