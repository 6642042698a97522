"""The theory that obligations speak of: its actions, its invariants, its registry; and files that extend it.

A file extends the theory by any of four names. ``ACTIONS`` maps the name of an action to a function from a dialect to
an :class:`~model.spaces.theory.Action`; ``INVARIANTS`` is a sequence of :class:`~model.spaces.invariants.Invariant`;
``OBLIGATIONS`` one of :class:`~proofs.obligation.Obligation`. Every action is then crossed with every invariant, and
all else goes the same way as with the theory's own. ``FORMATS`` is a sequence of :class:`~machine.Format`; of each is
to be proved what is proved of the machine's own.
"""

import importlib.util
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import z3

from machine.formats import Format
from model.spaces.dialect import CANONICAL, Dialect
from model.spaces.invariants import INVARIANTS, Invariant, every_frame_is_held, initial, live_holds_a_frame
from model.spaces.theory import ACTIONS, Action, Formula, State, a, before, r, x, y
from proofs.obligation import Actions, Condition, Obligation, Provable, Step, condition_of
from proofs.obligations.code import CodeObligation
from proofs.obligations.of_code import format_obligations
from proofs.obligations.spaces.preservation import preserves
from proofs.registry import registry

_NAMES = ("ACTIONS", "INVARIANTS", "OBLIGATIONS", "FORMATS")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_CLAIM = re.compile(r"[A-Z]([0-9]+|\.[A-Za-z0-9.]+)")


class ExtensionError(ValueError):
    """A file that extends the theory has a mistake; the message says in one line where and what."""


@dataclass(frozen=True, slots=True)
class Theory:
    """Actions, invariants and obligations, by name. ``source`` is the file that extends the theory, empty for none."""

    source: str
    actions: Actions
    invariants: Mapping[str, Invariant]
    registry: Mapping[str, Provable]


@dataclass(frozen=True, slots=True)
class OwnObligation(Obligation):
    """An obligation of an extended theory: ``actions`` are all there are, ``own`` the invariants that were added."""

    actions: Actions = field(default_factory=lambda: MappingProxyType(ACTIONS))
    own: tuple[Invariant, ...] = ()

    def step(self, dialect: Dialect, actions: Actions | None = None) -> tuple[Step, dict[str, Formula]]:
        """The obligation's step in a dialect, and the guard of its action."""
        return Obligation.step(self, dialect, actions or self.actions)

    def conditions(self, dialect: Dialect, invariants: frozenset[str]) -> Iterable[Condition]:
        """The one verification condition; the invariants that were added are hypotheses like the others."""
        condition = condition_of(self, dialect, invariants, self.actions)
        hypotheses, about = dict(condition.hypotheses), dict(condition.about)
        for invariant in self.own:
            if invariant.name in invariants:
                hypotheses[invariant.name], about[invariant.name] = invariant.formula(before), "invariant"
        return (Condition(hypotheses, about, condition.goal),)


@cache
def theory_of(source: str = "") -> Theory:
    """The theory, extended by a file if one is named.

    :raises ExtensionError: there is a mistake in the file.
    """
    if not source:
        return Theory("", ACTIONS, INVARIANTS, registry())
    path = Path(source)
    module = _load(path)
    actions = _actions(path, module)
    invariants = _invariants(path, module)
    every_action = MappingProxyType({**ACTIONS, **actions})
    every_invariant = MappingProxyType({**INVARIANTS, **invariants})
    found: dict[str, Provable] = dict(registry())
    generated = _matrix(actions, invariants)
    for obligation in (*generated, *_obligations(path, module, every_action)):
        if obligation.id in found:
            raise ExtensionError(f"{path.name}: an obligation is called {obligation.id} already; give it another id")
        found[obligation.id] = _own(obligation, every_action, tuple(invariants.values()))
    for of_format in _formats(path, module):
        if of_format.id in found:
            raise ExtensionError(f"{path.name}: there is a format whose obligations are called {of_format.id} already")
        found[of_format.id] = of_format
    return Theory(source, every_action, every_invariant, MappingProxyType(found))


def _own(obligation: Obligation, actions: Actions, own: tuple[Invariant, ...]) -> OwnObligation:
    """The obligation in the extended theory, with those of the added invariants that fit beside its own."""
    values = {each.name: getattr(obligation, each.name) for each in fields(Obligation)}
    some_frame = any(INVARIANTS[name].names_some_frame for name in obligation.invariants)
    holder = any(INVARIANTS[name].names_holder for name in obligation.invariants)
    fitting = tuple(i for i in own if not (i.names_holder and some_frame) and not (i.names_some_frame and holder))
    if not obligation.invariants:
        fitting = ()  # it assumes no invariant: above all not that the initial state has what is to be shown of it
    return OwnObligation(**values, actions=actions, own=fitting)


def _matrix(actions: Mapping[str, Any], invariants: Mapping[str, Invariant]) -> Iterator[Obligation]:
    """The added actions × all invariants, all actions × the added invariants, the initial state × these."""
    for invariant in invariants.values():
        yield Obligation(
            id=f"initial__has__{invariant.name}",
            claim=invariant.claim,
            sentence=f"at first: {invariant.sentence}",
            action="",
            goal=_holds_after(invariant),
            assumes=_initially(invariant),
            invariants=(),
            invariant=invariant.name,
        )
    for action in ACTIONS:
        yield from (preserves(action, invariant) for invariant in invariants.values())
    for action in actions:
        yield from (preserves(action, invariant) for invariant in (*INVARIANTS.values(), *invariants.values()))


def _holds_after(invariant: Invariant) -> Callable[[Step], Formula]:
    def goal(step: Step) -> Formula:
        return invariant.formula(step.after)

    return goal


def _initially(invariant: Invariant) -> Callable[[Step], dict[str, Formula]]:
    def assumes(step: Step) -> dict[str, Formula]:
        more = live_holds_a_frame if invariant.names_some_frame else every_frame_is_held
        return {**initial(step.before), **more(step.before)}

    return assumes


# reading the file


def _load(path: Path) -> Any:
    """The file as a module; its folder is not searched for others."""
    try:
        source = path.read_bytes()
    except OSError as error:
        raise ExtensionError(f"cannot read {path}: {error.strerror}") from None
    name = f"musigma_theory_{path.stem}"
    spec = importlib.util.spec_from_loader(name, loader=None, origin=str(path))
    if spec is None:
        raise ExtensionError(f"cannot read {path} as a module; its name should be a Python name")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    except SyntaxError as error:
        place = path.name if error.lineno is None else f"{path.name}:{error.lineno}"
        raise ExtensionError(f"{place}: {error.msg}") from None
    except (Exception, SystemExit) as error:
        raise _at(path, error, "reading it") from None
    for given, where in ((ACTIONS, "model.spaces.theory"), (INVARIANTS, "model.spaces.invariants")):
        if any(getattr(module, each, None) is given for each in _NAMES):
            raise ExtensionError(
                f"{path.name} has what {where} has already, perhaps from import *; import by name what you need"
            )
    if not any(hasattr(module, each) for each in _NAMES):
        raise ExtensionError(
            f"{path.name} defines none of {', '.join(_NAMES)}; to add an action write ACTIONS = {{'name': function}}"
        )
    return module


def _at(path: Path, error: Exception | SystemExit, doing: str) -> ExtensionError:
    """The error with the last line of the file that led to it."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    place = f"{path.name}:{lines[-1]}" if lines else path.name
    text = " ".join(str(error).split()) or "no message"
    return ExtensionError(f"{place}: {doing}: {type(error).__name__}: {text}")


def _checked_name(path: Path, name: Any, kind: str, taken: Iterable[str]) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name) or "__" in name:
        raise ExtensionError(f"{path.name}: {name!r} cannot name {kind}; write small letters, digits and single _")
    if name in taken:
        raise ExtensionError(f"{path.name}: {kind} is called {name} already; choose another name")
    return name


def _checked_claim(path: Path, owner: str, claim: Any) -> None:
    if not isinstance(claim, str) or not _CLAIM.fullmatch(claim):
        raise ExtensionError(f"{path.name}: {owner}: {claim!r} names no clause; write one such as A.flush, C2 or B.own")


def _actions(path: Path, module: Any) -> dict[str, Callable[[Dialect], Action]]:
    given = getattr(module, "ACTIONS", {})
    if not isinstance(given, Mapping):
        raise ExtensionError(f"{path.name}: ACTIONS is a {type(given).__name__}; write a dict from names to functions")
    for name, function in given.items():
        _checked_name(path, name, "an action", ACTIONS)
        if not callable(function):
            raise ExtensionError(
                f"{path.name}: ACTIONS[{name!r}] is no function; it takes a dialect, returns an Action"
            )
        try:
            action = function(CANONICAL)
            if not isinstance(action, Action):
                raise TypeError(f"it returns a {type(action).__name__}; return an Action(name, guard, after)")
            _check_action(action)
        except Exception as error:
            raise _at(path, error, f"action {name}") from None
    return dict(given)


def _check_action(action: Action) -> None:
    """The guard and the state after are formulas about the state before.

    :raises TypeError: they are not.
    """
    after: State = action.after
    if not isinstance(after, State):
        raise TypeError(f"after is a {type(after).__name__}; write a State of functions")
    if not isinstance(action.guard, dict):
        raise TypeError(f"the guard is a {type(action.guard).__name__}; write a dict from sentences to formulas")
    parts = {f"guard {what!r}": formula for what, formula in action.guard.items()}
    parts |= {
        "after.derives(x, y)": after.derives(x, y),
        "after.live(x)": after.live(x),
        "after.holds(x, r)": after.holds(x, r),
        "after.phys(x, r)": after.phys(x, r),
        "after.right(x, a)": after.right(x, a),
    }
    for what, formula in parts.items():
        if not isinstance(formula, z3.BoolRef):
            raise TypeError(
                f"{what} is a {type(formula).__name__}, no formula; combine formulas by z3.And, z3.Or, z3.Not"
            )
    holder = after.holder(r)
    if not isinstance(holder, z3.ExprRef) or holder.sort() != x.sort():
        raise TypeError("after.holder(r) is no slot; where no frame changes hands write holder=s.holder")


def _invariants(path: Path, module: Any) -> dict[str, Invariant]:
    found: dict[str, Invariant] = {}
    for invariant in _sequence(path, module, "INVARIANTS", Invariant):
        name = _checked_name(path, invariant.name, "an invariant", (*INVARIANTS, *found))
        _checked_claim(path, f"invariant {name}", invariant.claim)
        try:
            formula = invariant.formula(before)
            if not isinstance(formula, z3.BoolRef):
                raise TypeError(f"it is a {type(formula).__name__}, no formula")
        except Exception as error:
            raise _at(path, error, f"invariant {name}") from None
        found[name] = invariant
    return found


def _obligations(path: Path, module: Any, actions: Actions) -> list[Obligation]:
    found = _sequence(path, module, "OBLIGATIONS", Obligation)
    for obligation in found:
        _checked_claim(path, f"obligation {obligation.id}", obligation.claim)
        if obligation.action and obligation.action not in actions:
            known = ", ".join(actions)
            raise ExtensionError(
                f"{path.name}: obligation {obligation.id}: no action {obligation.action!r}; one of {known}"
            )
        if unknown := set(obligation.invariants) - set(INVARIANTS):
            raise ExtensionError(f"{path.name}: obligation {obligation.id}: no invariant {', '.join(sorted(unknown))}")
        try:
            list(_own(obligation, actions, ()).conditions(CANONICAL, frozenset(INVARIANTS)))
        except Exception as error:
            raise _at(path, error, f"obligation {obligation.id}") from None
    return found


def _formats(path: Path, module: Any) -> Iterator[CodeObligation]:
    for format in _sequence(path, module, "FORMATS", Format):
        try:
            for obligation in format_obligations([format]):
                list(obligation.conditions(CANONICAL, frozenset()))
                yield obligation
        except Exception as error:
            raise _at(path, error, f"format {format.name}") from None


def _sequence(path: Path, module: Any, name: str, kind: type[Any]) -> list[Any]:
    given = getattr(module, name, ())
    if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
        raise ExtensionError(f"{path.name}: {name} is a {type(given).__name__}; write a list of {kind.__name__}")
    given = list(given)
    for number, each in enumerate(given):
        if not isinstance(each, kind):
            raise ExtensionError(
                f"{path.name}: {name}[{number}] is a {type(each).__name__}; write {kind.__name__}(...)"
            )
    return given
