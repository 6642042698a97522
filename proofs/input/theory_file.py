"""A file that extends a theory or defines one, read and checked: a mistake in it becomes one line that says where.

What the file may define is said in :mod:`proofs.input.extension`.
"""

import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import z3

from machine.formats import Format
from model.running.z3_terms import read, subterms
from model.scope import Scope
from model.servers.theory import says_nothing
from model.signature import Vocabulary, applied, atoms, fresh, rewritten, symbols_of
from model.spaces.dialect import CANONICAL, DIALECTS, Dialect
from model.spaces.invariants import INVARIANTS, Invariant
from model.spaces.theory import ACTIONS, Action
from model.theory import APPENDIX_A, Theory, extended
from proofs.execution.path import ExecutionError
from proofs.obligation import Obligation, Step
from proofs.obligations.code import CodeObligation
from proofs.obligations.of_code import format_obligations
from refinement.source_file import module_from

_NAMES = ("ACTIONS", "INVARIANTS", "OBLIGATIONS", "FORMATS", "THEORY")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_CLAIM = re.compile(r"[A-Z]([0-9]+|\.[A-Za-z0-9.]+)")
_INSTEAD = {"cannot be cast to concrete Boolean values": "write And, Or, Not and Implies, not and, or, not and if"}
_SMALL = Scope(spaces=2, pages=1, frames=1)


class ExtensionError(ValueError):
    """A file that extends the theory has a mistake; the message says in one line where and what."""


def module_of(path: Path) -> Any:
    """The file as a module; its folder is not searched for others.

    :raises ExtensionError: it cannot be read, or fails.
    """
    try:
        return module_from(path, f"musigma_theory_{path.stem}")
    except OSError as error:
        if error.filename != str(path):
            raise at_line(path, error, "reading it") from None
        raise ExtensionError(f"cannot read {path}: {error.strerror}") from None
    except SyntaxError as error:
        place = path.name if error.lineno is None else f"{path.name}:{error.lineno}"
        raise ExtensionError(f"{place}: {error.msg}") from None
    except (Exception, SystemExit) as error:
        raise at_line(path, error, "reading it") from None


def load_file(path: Path) -> Any:
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


def theory_in(path: Path, module: Any) -> Theory[Any]:
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
    try:
        _check_base(theory)
    except Exception as error:
        raise at_line(path, error, "theory") from None
    old_actions = theory.base.actions if theory.base else {}
    old_invariants = theory.base.invariants if theory.base else {}
    _actions(path, {name: make for name, make in theory.actions.items() if name not in old_actions}, theory, ())
    _invariants(path, [each for name, each in theory.invariants.items() if name not in old_invariants], theory, ())
    return theory


def _check_base(theory: Theory[Any]) -> None:
    """What a theory has from its base is as the base says: under the base's names its obligations are asked.

    :raises TypeError: an action, an invariant or the beginning is another.
    """
    base = theory.base
    if base is None:
        return
    others = [name for name, each in base.invariants.items() if theory.invariants.get(name) is not each]
    others += [name for name in base.actions if not _is_action_of(theory, base, name)]
    for invariant in base.invariants.values():
        said = theory.initial(theory.before, invariant)
        wanted = base.initial(theory.before, invariant)
        if not all(name in said and said[name].eq(formula) for name, formula in wanted.items()):
            others.append("initial")
    for name in others:
        raise TypeError(f"{name} is another than that of {base.name}, its base; choose another name, or give no base")
    _check_base(base)


def _is_action_of(theory: Theory[Any], base: Theory[Any], name: str) -> bool:
    """Whether an action, in every dialect, is the base's, and leaves what the theory adds alone."""
    if name not in theory.actions or theory.offered.get(name) is not base.offered.get(name):
        return False
    for dialect in DIALECTS.values():
        one, other = theory.actions[name](dialect), base.actions[name](dialect, theory.before)
        for said, wanted in ((one.guard, other.guard), (atoms(one.after), atoms(other.after))):
            if said.keys() != wanted.keys() or not all(part.eq(wanted[what]) for what, part in said.items()):
                return False
    return True


def at_line(path: Path, error: Exception | SystemExit, doing: str) -> ExtensionError:
    """The error with the last line of the file that led to it."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    place = f"{path.name}:{lines[-1]}" if lines else path.name
    said = error.args[0] if error.args else ""  # z3 says some of it in bytes
    text = " ".join((said.decode(errors="replace") if isinstance(said, bytes) else str(error)).split()) or "no message"
    text += "".join(f" ({instead})" for said, instead in _INSTEAD.items() if said in text)
    kind = "" if isinstance(error, ExecutionError) else f"{type(error).__name__}: "  # which says what to write itself
    return ExtensionError(f"{place}: {doing}: {_misapplied(error) or f'{kind}{text}'}")


def _misapplied(error: BaseException) -> str:
    """Which symbol was applied to what it does not take, if z3 refused that; else nothing."""
    frames = traceback.walk_tb(error.__traceback__) if isinstance(error, z3.Z3Exception) else ()
    for frame, _ in frames:
        symbol, given = frame.f_locals.get("self"), frame.f_locals.get("args")
        if isinstance(symbol, z3.FuncDeclRef) and isinstance(given, tuple):
            wanted = ", ".join(symbol.domain(number).name() for number in range(symbol.arity()))
            sorts = (each.sort().name() if isinstance(each, z3.ExprRef) else type(each).__name__ for each in given)
            name = symbol.name().partition(" ")[0]  # without the mark of the state after
            return f"{name} takes ({wanted}), and is given ({', '.join(sorts)})"
    return ""


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
            _check_spoken(invariant, theory)
            if says_nothing(formula):
                raise TypeError("it holds of every state whatever; say what can fail")
        except Exception as error:
            raise at_line(path, error, f"invariant {name}") from None
        found[name] = invariant
    return list(found.values())


def _check_spoken(invariant: Invariant[Any], theory: Theory[Any]) -> None:
    """An invariant speaks of the state that it is given, and says the same each time.

    A symbol of another origin is the same before a step and after it, so that every action keeps what is said of it.

    :raises TypeError: it does not.
    """
    state: Vocabulary = fresh(type(theory.before), " now")
    formula, again = invariant.formula(state), invariant.formula(state)
    if not isinstance(formula, z3.BoolRef) or not formula.eq(again):
        raise TypeError("it says something else when it is asked again; say one thing")
    if not rewritten(formula, state, theory.before).eq(invariant.formula(theory.before)):
        raise TypeError("it says of one state what it does not say of another; say the same of each")
    known = {declared for part in (state, theory.rigid) for declared in _declarations(part)}
    for term in subterms([read(formula)]):
        if term.declaration is not None and term.declaration not in known:
            name = term.declaration.name()
            how = "write s." + name if term.children else f"bind it by z3.ForAll([{name}], ...), or declare it in rigid"
            raise TypeError(f"it speaks of {name}, which is neither bound nor of the state that it is given; {how}")


def _declarations(part: Vocabulary) -> Iterator[z3.FuncDeclRef]:
    for name, symbol in symbols_of(type(part)).items():
        yield getattr(part, name) if symbol.arguments else getattr(part, name).decl()


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


def obligations_in(path: Path, module: Any, theory: Theory[Any]) -> Iterator[Obligation[Any, Any]]:
    """The file's own obligations, about its theory."""
    for obligation in _sequence(path, module, "OBLIGATIONS", Obligation):
        _checked_claim(path, f"obligation {obligation.id}", obligation.claim)
        if obligation.action and obligation.action not in theory.actions:
            known = ", ".join(theory.actions)
            raise ExtensionError(
                f"{path.name}: obligation {obligation.id}: no action {obligation.action!r}; one of {known}"
            )
        if obligation.invariant:
            raise ExtensionError(
                f"{path.name}: obligation {obligation.id}: what keeps {obligation.invariant} is asked of every action "
                "already, and nothing else shows it; leave invariant out"
            )
        if unknown := set(obligation.invariants) - set(theory.invariants):
            raise ExtensionError(f"{path.name}: obligation {obligation.id}: no invariant {', '.join(sorted(unknown))}")
        try:
            own = _with_added_invariants(obligation, theory)
            list(own.conditions(CANONICAL, frozenset(theory.invariants)))
            if not own.sometimes and says_nothing(own.goal(_any_step(own))):
                raise TypeError("its goal holds of every step whatever; say what can fail")
        except Exception as error:
            raise at_line(path, error, f"obligation {obligation.id}") from None
        yield own


def _any_step(obligation: Obligation[Any, Any]) -> Step[Any, Any]:
    """A step of which nothing is known, not what its action does either."""
    step, _ = obligation.step(CANONICAL)
    return replace(step, after=obligation.theory.after("'")) if obligation.action else step


def format_obligations_in(path: Path, module: Any) -> Iterator[CodeObligation]:
    """What is to be proved of the file's formats."""
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
