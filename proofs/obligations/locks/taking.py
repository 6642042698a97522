"""Take and give back locks: the code of :mod:`refinement.cores.locked`, executed while others go on."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

from z3 import And, Bool, BoolVal, Const, Consts, ForAll, Not, Or

from model.spaces.theory import Formula, Frame, Slot, called, r, x
from proofs.execution.contract import Named
from proofs.execution.coverage import CoveringPath
from proofs.execution.loop_rules import LoopRule, OfCondition, Values
from proofs.execution.path import Cut, ExecutionError, Path, paths
from proofs.execution.values import DISTINCT, Rights, Value, equal, lift, no_slot
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation, conditions_of
from proofs.obligations.executed import Rest, executed_whole
from proofs.obligations.kernel.units import EXECUTED_WHOLE
from proofs.obligations.locks.held import NOTHING, Held, has_frames, needed
from proofs.obligations.locks.interference import (
    ENDS,
    KINDS,
    NUMBERS,
    ONCE,
    ORDER,
    SEES,
    Others,
    Ranked,
    both,
    changed,
    check_steps,
    disturbed,
    locks_of,
    made_for,
    part_of,
    same_locks,
    shown,
)
from proofs.obligations.source import CODE, Code, copied
from proofs.obligations.tree.tree import TreeState, fresh_state

NEEDS, BOTH = "holds__what_it_needs", "holds__both"
_BETWEEN = Bool("others_came_between")
"""Whether others changed what a slot shows while it was looked at for the turn that is under way."""


# What is executed.


@dataclass(frozen=True, slots=True)
class Taking:
    """A method of a class of locks to be executed, with the locks of a kind if it takes or gives back two."""

    locks: str
    name: str
    code: Code = CODE
    kind: str = ""


class _Turns(OfCondition):
    """The loop in which locks are taken anew: between turns those of what was seen are held, and no others.

    A turn is made only because others changed what a slot shows, since it was looked at for that turn: what the code
    has of a slot then is what the slot showed, unless others changed it while it was looked at.
    """

    def __init__(self, others: Others) -> None:
        self.others = others

    def _seen(self, values: Values, moments: Sequence[TreeState]) -> Formula:
        """What is locked is what the slots showed, or others changed that in between."""
        slots = [lift(values[name], Slot) for name in ("src", "dst")]
        frames = [lift(values[name], Frame) for name in ("one", "two")]
        if not moments:
            return BoolVal(False)
        now = (shown(moments[-1], slot) == frame for slot, frame in zip(slots, frames, strict=True))
        return Or(disturbed(moments, slots), *[And(*now)])

    def _demand(self, values: Values) -> None:
        held, src, dst, one, two = self.others.held, *(values[name] for name in ("src", "dst", "one", "two"))
        frames, slots = both("frame", one, two), both("slot", src, dst)
        self.others.path.demand(
            NEEDS,
            lambda: And(same_locks("frame", held, frames), same_locks("slot", held, slots), Not(held.kernel)),
        )
        looks = tuple(self.others.looks[self.others.given_back :])
        self.others.path.demand(ENDS, lambda: self._seen(values, looks))

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        if assigned != {"one", "two"}:
            raise ExecutionError(f"the loop changes {sorted(assigned)}: its invariant speaks of one and two")
        self._demand(values)
        path, others = self.others.path, self.others
        new = {name: Ranked(Const(f"{name}_in_loop", Frame), path) for name in ("one", "two")}
        others.held = Held(
            both("frame", new["one"], new["two"]), both("slot", values["src"], values["dst"]), BoolVal(False)
        )
        others.forget()
        seen = self._seen({**values, **new}, others.looks)
        path.assume({"what is locked was seen": Or(_BETWEEN, seen)})
        return dict(new)

    def tail(self, values: Values) -> None:
        self._demand(values)
        others, slots = self.others, [lift(values[name], Slot) for name in ("src", "dst")]
        turn = tuple(others.looks[: others.given_back])
        others.path.demand(ENDS, lambda: Or(_BETWEEN, disturbed(turn, slots)))
        raise Cut


def _stubs(others: Others) -> dict[str, Callable[..., None]]:
    """What stands for taking two locks and for giving two back, where that is called."""

    def lock(self: object, kind: str, one: object, two: object) -> None:
        held, wanted = others.held, both(kind, one, two)
        later = [x] if kind == "slot" else [r, x]
        parts = [part_of(held, "frame" if each is r else "slot")(each) for each in later]
        others.wait()
        others.path.demand(
            ORDER, lambda: And(*(ForAll([each], Not(part)) for each, part in zip(later, parts, strict=True)))
        )
        others.held = changed(held, kind, wanted)

    def unlock(self: object, kind: str, one: object, two: object) -> None:
        held, given = others.held, both(kind, one, two)
        others.path.demand(ONCE, lambda: same_locks(kind, held, given))
        others.held = changed(held, kind, lambda _: BoolVal(False))
        others.given_back = len(others.looks)

    return {"lock": lock, "unlock": unlock}


def _object(taking: Taking, others: Others, instead: dict[str, Callable[..., None]]) -> Any:
    cls = taking.code.locking(taking.locks)
    if taking.locks == ONE and cls.around.locks:
        raise ExecutionError(f"{cls.around.locks} are taken inside of operations: with one lock there is no other")
    check_steps(cls)
    rules: dict[tuple[str, int], LoopRule] = {("take", 0): _Turns(others)}
    methods = copied(cls, others.path, locks_of(others), instead, rules, frozenset())
    return made_for(SimpleNamespace(tree=others.tree), methods)


def _operation(taking: Taking, path: Path) -> None:
    """A call from its beginning to its end."""
    path.learn(CALLED)
    others = Others(path)
    made = _object(taking, others, _stubs(others) if taking.locks == FRAMES else {})
    slots = [called.src] if taking.name == "flush" else [called.src, called.dst]
    given: list[object] = [*(Ranked(slot, path) for slot in slots), Rights(called.mask, path)]
    status, times = object(), list[int]()

    def call(*arguments: object) -> object:
        now, held = others.go_on(), others.held
        alike = len(arguments) == len(given) and all(one is two for one, two in zip(arguments, given, strict=True))
        times.append(1)
        one = taking.locks == ONE
        path.demand(NEEDS, lambda: And(BoolVal(alike), held.kernel if one else needed(held, now, slots)))
        return status

    made.kernel = SimpleNamespace(**{taking.name: call})
    result = getattr(made, taking.name)(*given)
    held, ends = others.held, result is status and len(times) == 1
    path.demand(ONCE, lambda: And(BoolVal(ends), held.nothing()))


def _pair(taking: Taking, path: Path) -> None:
    """Two locks of a kind, taken from nothing of it and of what comes later; or given back."""
    sort, _ = KINDS[taking.kind]
    one, two = (Ranked(term, path) for term in Consts(f"one_{taking.kind} two_{taking.kind}", sort))
    wanted = both(taking.kind, one, two)
    frames = both("frame", *(Value(term, path) for term in Consts("held_one held_two", Frame)))
    begun = changed(NOTHING, "frame", frames) if taking.kind == "slot" else NOTHING
    others = Others(path, begun if taking.name == "lock" else changed(begun, taking.kind, wanted))
    result = getattr(_object(taking, others, {}), taking.name)(taking.kind, one, two)
    held = others.held
    other = "frame" if taking.kind == "slot" else "slot"
    ends = wanted if taking.name == "lock" else (lambda _: BoolVal(False))
    path.demand(
        BOTH if taking.name == "lock" else ONCE,
        lambda: And(
            BoolVal(result is None),
            same_locks(taking.kind, held, ends),
            same_locks(other, held, part_of(begun, other)),
            Not(held.kernel),
        ),
    )


@cache
def walked(taking: Taking) -> tuple[Path, ...]:
    """All paths through it."""
    run = _pair if taking.kind else _operation
    return tuple(path for path, _ in paths(lambda path: run(taking, path)))


CALLED: Named = {
    "source and destination are slots": And(*(Not(equal(each, no_slot)) for each in (called.src, called.dst)))
}
HYPOTHESES: Named = {**NUMBERS, **CALLED, **has_frames(fresh_state(""))}
ONE, FRAMES = "OneLock", "FrameLocks"
NAMES = {ONE: "one_lock", FRAMES: "frame_locks"}
OPERATIONS = ("map", "grant", "flush")
PAIRS = {"lock": (ORDER, BOTH), "unlock": (ONCE,)}


def conditions(locks: str, name: str, what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of a method."""
    kinds = tuple(KINDS) if name in PAIRS else ("",)
    for kind in kinds:
        yield from conditions_of(walked(Taking(locks, name, code, kind)), HYPOTHESES, what)


def _build(locks: str, name: str, what: str) -> Build:
    return lambda dialect, code: conditions(locks, name, what, code)


def functions(locks: str) -> Callable[[Code], list[Callable[..., Any]]]:
    """The methods of a class of locks, all of which are executed."""
    names = ["__init__", *OPERATIONS]
    names += [] if locks == ONE else [*PAIRS, "take", "has_moved", "frame_of", "hold", "give_back"]
    return lambda code: [getattr(code.locking(locks), name) for name in names]


def _runs(locks: str) -> Callable[[Code], Iterator[CoveringPath]]:
    def runs(code: Code) -> Iterator[CoveringPath]:
        for taking in _takings(locks, code):
            yield from (CoveringPath(path, {**DISTINCT, **HYPOTHESES}) for path in walked(taking))

    return runs


def _rest(locks: str) -> Rest:
    def rest(code: Code) -> Iterator[tuple[tuple[Path, ...], Named, Collection[str]]]:
        for taking in _takings(locks, code):
            yield walked(taking), HYPOTHESES, PAIRS.get(taking.name, tuple(SENTENCES if locks == FRAMES else OF_ONE))

    return rest


def _takings(locks: str, code: Code) -> list[Taking]:
    """All that is executed of a class of locks."""
    takings = [Taking(locks, name, code) for name in OPERATIONS]
    if locks == FRAMES:
        takings += [Taking(locks, name, code, kind) for name in PAIRS for kind in KINDS]
    return takings


SENTENCES = {
    NEEDS: "{0} is done once its locks are held: those of its slots, and of the frames that they show at that moment",
    ORDER: "{0} takes frames before slots, lower before higher, and none that it has",
    ONCE: "{0} gives back what it holds, once each, on every way, and holds nothing in the end",
    SEES: "to take its locks {0} looks at slots and nodes that there are",
    ENDS: "{0} takes its locks anew only because another core has changed what a slot shows",
}
OF_ONE = {
    NEEDS: "{0} is done while the lock is held",
    ORDER: "{0} never waits for the lock while it holds it",
    ONCE: "{0} gives the lock back once, on every way",
}


def obligations() -> Iterator[CodeObligation]:
    """The obligations on holding, taking and giving back locks, under one lock and under a lock a frame."""
    for locks, sentences in ((ONE, OF_ONE), (FRAMES, SENTENCES)):
        for name in OPERATIONS:
            for what, sentence in sentences.items():
                yield CodeObligation(
                    f"{NAMES[locks]}_{name}__{what}", "C5", sentence.format(name), _build(locks, name, what)
                )
    for what, sentence in (
        (ORDER, "of two locks of a kind the lower is taken first, one that is both once, and none for NONE"),
        (BOTH, "then both are held, and nothing else is new"),
    ):
        yield CodeObligation(f"frame_locks_lock__{what}", "C5", sentence, _build(FRAMES, "lock", what))
    yield CodeObligation(
        f"frame_locks_unlock__{ONCE}",
        "C5",
        "two locks of a kind are given back, one that is both once, and no others",
        _build(FRAMES, "unlock", ONCE),
    )
    for locks, words in (
        (ONE, "operations under one lock is executed"),
        (FRAMES, "operations under a lock a frame is executed"),
    ):
        yield executed_whole(
            f"{NAMES[locks]}__{EXECUTED_WHOLE}", words, (functions(locks), _runs(locks)), rest=_rest(locks)
        )
