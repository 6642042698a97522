"""What is proved of a theory: of that of Appendix A, or of one that a file defines.

A file extends the theory by any of four names. ``ACTIONS`` maps the name of an action to a function from a dialect to
an :class:`~model.spaces.vocabulary.Action`; ``INVARIANTS`` is a sequence of
:class:`~model.spaces.invariants.Invariant`; ``OBLIGATIONS`` one of :class:`~proofs.obligation.Obligation`. Every action
is then crossed with every invariant, and all else goes the same way as with the theory's own. ``FORMATS`` is a sequence
of :class:`~machine.Format`; of each is to be proved what is proved of the machine's own.

Instead of actions and invariants it can give a whole :class:`~model.theory.Theory` as ``THEORY``, made by
:func:`model.theory.extended` where it adds symbols to the state.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import z3

from machine.formats import Format
from model.messages.readings import message_dialect_named
from model.messages.theories import theory_of_messages
from model.scope import Scope
from model.signature import applied, symbols_of
from model.spaces.dialect import CANONICAL, Dialect
from model.spaces.invariants import INVARIANTS, Invariant
from model.spaces.theory import ACTIONS, Action
from model.theory import APPENDIX_A, Actions, Theory, extended
from proofs.described import names_a_subsystem, subsystem
from proofs.module_file import ExtensionError, at_line, module_of
from proofs.obligation import Obligation, Provable
from proofs.obligations.code import CodeObligation
from proofs.obligations.messages.inventory import of_messages
from proofs.obligations.messages.preservation import says_the_same
from proofs.obligations.of_code import format_obligations
from proofs.obligations.servers import inventory as servers
from proofs.obligations.spaces.preservation import matrix
from proofs.registry import registry
from proofs.two_runs import TwoRuns

_NAMES = ("ACTIONS", "INVARIANTS", "OBLIGATIONS", "FORMATS", "THEORY")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_CLAIM = re.compile(r"[A-Z]([0-9]+|\.[A-Za-z0-9.]+)")
_SMALL = Scope(spaces=2, pages=1, frames=1)

MESSAGES = "messages:"
"""What the source of a theory of messages begins with; its dialect follows. A file's is an absolute path."""


@dataclass(frozen=True, slots=True)
class Specification:
    """A theory and what is to be proved of it, by id.

    ``source`` is the file that defines it, empty for Appendix A; ``messages`` the dialect of messages that it speaks
    of, empty for none. ``beneath`` is the theory that a subsystem's moves are steps of: its obligations are in the
    registry as well, since what is proved of the subsystem assumes its invariants.
    """

    source: str
    theory: Theory[Any]
    registry: Mapping[str, Provable]
    messages: str = ""
    beneath: "Specification | None" = None

    @property
    def own(self) -> list[Provable]:
        """What is to be proved of it, but for what is of the theory beneath."""
        beneath = self.beneath.registry if self.beneath else {}
        return [obligation for name, obligation in self.registry.items() if name not in beneath]

    @property
    def actions(self) -> Actions[Any]:
        """The theory's actions."""
        return self.theory.actions

    @property
    def invariants(self) -> Mapping[str, Invariant[Any]]:
        """The theory's invariants."""
        return self.theory.invariants

    def inductive_steps(self, dialect: Dialect) -> list[Obligation[Any, Any]]:
        """The obligations that together show that the invariants are inductive.

        :raises KeyError: one is missing, and the action does not leave the invariant word for word as it is.
        """
        of = {(o.action, o.invariant): o for o in self.own if isinstance(o, Obligation) and o.invariant}
        found = self.beneath.inductive_steps(dialect) if self.beneath else []
        beneath = self.beneath.invariants if self.beneath else {}
        for invariant in (name for name in self.invariants if name not in beneath):
            for action in ("", *self.actions):
                obligation = of.get((action, invariant))
                if obligation is not None:
                    found += [obligation] if obligation.applies(dialect.readings) else []
                elif not (self.messages and action and says_the_same(self.theory, action, invariant, dialect)):
                    raise KeyError((action, invariant))
        return found


@cache
def theory_of(source: str = "") -> Specification:
    """The theory of Appendix A, that of messages in the dialect ``messages:NAME``, a file's, or a subsystem's.

    :raises ExtensionError: there is a mistake in the file.
    """
    if not source:
        return Specification("", APPENDIX_A, registry())
    if source.startswith(MESSAGES):
        named = message_dialect_named(source.removeprefix(MESSAGES))
        return Specification(source, theory_of_messages(named), of_messages(named), named.name)
    if names_a_subsystem(source):
        return _of_subsystem(source)
    path = Path(source)
    module = _load(path)
    theory = _theory(path, module)
    of_appendix = registry() if _is_or_extends(theory, APPENDIX_A) else {}
    found = {name: _in_theory(obligation, theory) for name, obligation in of_appendix.items()}
    found |= {obligation.id: obligation for obligation in matrix(theory) if obligation.id not in found}
    for obligation in _obligations(path, module, theory):
        if obligation.id in found:
            raise ExtensionError(f"{path.name}: an obligation is called {obligation.id} already; give it another id")
        found[obligation.id] = obligation
    for of_format in _formats(path, module):
        if of_format.id in found or of_format.id in registry():
            raise ExtensionError(f"{path.name}: there is a format whose obligations are called {of_format.id} already")
        found[of_format.id] = of_format
    return Specification(source, theory, MappingProxyType(found))


def _of_subsystem(source: str) -> Specification:
    """What is to be proved of a subsystem, and of the kernel that it runs on."""
    described = subsystem(source)
    kernel = theory_of(MESSAGES + described.kind.messages.name)
    own = {obligation.id: obligation for obligation in servers.obligations(described)}
    registry = MappingProxyType({**kernel.registry, **own})
    return Specification(source, described.theory, registry, kernel.messages, kernel)


def _is_or_extends(theory: Theory[Any], base: Theory[Any]) -> bool:
    return theory is base or (theory.base is not None and _is_or_extends(theory.base, base))


def _in_theory(obligation: Provable, theory: Theory[Any]) -> Provable:
    """An obligation of the base, now about the extended theory's states; what is about code stays."""
    return replace(obligation, theory=theory) if isinstance(obligation, Obligation | TwoRuns) else obligation


def _with_added_invariants(obligation: Obligation[Any, Any], theory: Theory[Any]) -> Obligation[Any, Any]:
    """An obligation of the file, in its theory; of the invariants added, those that fit are hypotheses as well."""
    known = theory.invariants
    if not obligation.invariants:  # above all, the initial state is not assumed to have what it is to show
        return replace(obligation, theory=theory)
    named = [known[name] for name in obligation.invariants]
    some_frame, holder = any(i.names_some_frame for i in named), any(i.names_holder for i in named)
    fitting = tuple(
        invariant.name
        for invariant in known.values()
        if invariant.name not in INVARIANTS
        and invariant.name not in obligation.invariants
        and not (invariant.names_holder and some_frame)
        and not (invariant.names_some_frame and holder)
    )
    return replace(obligation, theory=theory, invariants=(*obligation.invariants, *fitting))


# reading the file


def _load(path: Path) -> Any:
    """The file as a module that adds to the theory."""
    module = module_of(path)
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


def _theory(path: Path, module: Any) -> Theory[Any]:
    """The file's theory: Appendix A's with what it adds, or one of its own."""
    theory = getattr(module, "THEORY", None)
    if theory is None:
        actions = _actions(path, getattr(module, "ACTIONS", {}), APPENDIX_A)
        invariants = _invariants(path, _sequence(path, module, "INVARIANTS", Invariant), APPENDIX_A)
        if not actions and not invariants:
            return APPENDIX_A
        return extended(APPENDIX_A, path.stem, actions=actions, invariants=invariants)
    if not isinstance(theory, Theory):
        raise ExtensionError(f"{path.name}: THEORY is a {type(theory).__name__}; write extended(APPENDIX_A, ...)")
    if hasattr(module, "ACTIONS") or hasattr(module, "INVARIANTS"):
        raise ExtensionError(f"{path.name}: THEORY has all actions and invariants; give them to it, not beside it")
    try:
        assert len(theory.symbols) > 0
        theory.first(_SMALL)
    except Exception as error:
        raise at_line(path, error, "theory") from None
    old_actions = theory.base.actions if theory.base else {}
    old_invariants = theory.base.invariants if theory.base else {}
    _actions(path, {name: make for name, make in theory.actions.items() if name not in old_actions}, theory, ())
    _invariants(path, [each for name, each in theory.invariants.items() if name not in old_invariants], theory, ())
    return theory


def _checked_name(path: Path, name: Any, kind: str, taken: Iterable[str]) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name) or "__" in name:
        raise ExtensionError(f"{path.name}: {name!r} cannot name {kind}; write small letters, digits and single _")
    if name in taken:
        raise ExtensionError(f"{path.name}: {kind} is called {name} already; choose another name")
    return name


def _checked_claim(path: Path, owner: str, claim: Any) -> None:
    if not isinstance(claim, str) or not _CLAIM.fullmatch(claim):
        raise ExtensionError(f"{path.name}: {owner}: {claim!r} names no clause; write one such as A.flush, C2 or B.own")


def _actions(
    path: Path, given: Any, theory: Theory[Any], taken: Iterable[str] | None = None
) -> dict[str, Callable[[Dialect], Action[Any, Any]]]:
    if not isinstance(given, Mapping):
        raise ExtensionError(f"{path.name}: ACTIONS is a {type(given).__name__}; write a dict from names to functions")
    for name, function in given.items():
        _checked_name(path, name, "an action", theory.actions if taken is None else taken)
        if not callable(function):
            raise ExtensionError(
                f"{path.name}: ACTIONS[{name!r}] is no function; it takes a dialect, returns an Action"
            )
        try:
            action = function(CANONICAL)
            if not isinstance(action, Action):
                raise TypeError(f"it returns a {type(action).__name__}; return an Action(name, guard, after, called)")
            _check_action(action, theory)
        except Exception as error:
            raise at_line(path, error, f"action {name}") from None
    return dict(given)


def _check_action(action: Action[Any, Any], theory: Theory[Any]) -> None:
    """The guard and the state after are formulas about the state before.

    :raises TypeError: they are not.
    """
    after, kind = action.after, type(theory.before)
    if not isinstance(after, kind):
        raise TypeError(f"after is a {type(after).__name__}; write a {kind.__name__} of functions")
    symbols_of(type(action.called))
    if not isinstance(action.guard, dict):
        raise TypeError(f"the guard is a {type(action.guard).__name__}; write a dict from sentences to formulas")
    parts = {f"guard {what!r}": formula for what, formula in action.guard.items()}
    for name, symbol in theory.state.items():
        said = f"after.{name}({', '.join(map(str, symbol.arguments))})" if symbol.arguments else f"after.{name}"
        value: Any = applied(after, name)
        if symbol.is_relation:
            parts[said] = value
        elif not isinstance(value, z3.ExprRef) or value.sort() != symbol.result:
            raise TypeError(f"{said} is no {symbol.result}; where it does not change write {name}=s.{name}")
    for what, formula in parts.items():
        if not isinstance(formula, z3.BoolRef):
            raise TypeError(
                f"{what} is a {type(formula).__name__}, no formula; combine formulas by z3.And, z3.Or, z3.Not"
            )


def _invariants(
    path: Path, given: Iterable[Invariant[Any]], theory: Theory[Any], taken: Iterable[str] | None = None
) -> list[Invariant[Any]]:
    found: dict[str, Invariant[Any]] = {}
    for invariant in given:
        others = theory.invariants if taken is None else taken
        name = _checked_name(path, invariant.name, "an invariant", (*others, *found))
        _checked_claim(path, f"invariant {name}", invariant.claim)
        try:
            formula = invariant.formula(theory.before)
            if not isinstance(formula, z3.BoolRef):
                raise TypeError(f"it is a {type(formula).__name__}, no formula")
        except Exception as error:
            raise at_line(path, error, f"invariant {name}") from None
        found[name] = invariant
    return list(found.values())


def _obligations(path: Path, module: Any, theory: Theory[Any]) -> Iterator[Obligation[Any, Any]]:
    for obligation in _sequence(path, module, "OBLIGATIONS", Obligation):
        _checked_claim(path, f"obligation {obligation.id}", obligation.claim)
        if obligation.action and obligation.action not in theory.actions:
            known = ", ".join(theory.actions)
            raise ExtensionError(
                f"{path.name}: obligation {obligation.id}: no action {obligation.action!r}; one of {known}"
            )
        if unknown := set(obligation.invariants) - set(theory.invariants):
            raise ExtensionError(f"{path.name}: obligation {obligation.id}: no invariant {', '.join(sorted(unknown))}")
        try:
            own = _with_added_invariants(obligation, theory)
            list(own.conditions(CANONICAL, frozenset(theory.invariants)))
        except Exception as error:
            raise at_line(path, error, f"obligation {obligation.id}") from None
        yield own


def _formats(path: Path, module: Any) -> Iterator[CodeObligation]:
    for format in _sequence(path, module, "FORMATS", Format):
        try:
            for obligation in format_obligations([format]):
                list(obligation.conditions(CANONICAL, frozenset()))
                yield obligation
        except Exception as error:
            raise at_line(path, error, f"format {format.name}") from None


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
