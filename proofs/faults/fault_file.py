"""Faults that a file defines, hunted as the catalogue's are.

The file has ``FAULTS``, a list of :class:`~proofs.faults.theory.fault.TheoryFault`, as the project's own are made.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import ParamSpec, TypeVar

from model.spaces.dialect import DIALECTS
from model.spaces.theory import ACTIONS, Action
from proofs.faults.catalogue.mechanism import Mechanism
from proofs.faults.theory import ALL_THEORY_FAULTS, THEORY_FAULTS, TheoryFault
from proofs.input.theory_file import ExtensionError, at_line, module_of

TOPIC = "your own"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

P = ParamSpec("P")
T = TypeVar("T")


def faults_in(source: str) -> tuple[Mechanism, ...]:
    """The faults that a file defines, a mechanism each; from then on they have their names in this process.

    :raises ExtensionError: there is a mistake in the file.
    """
    return _faults_in(Path(source).resolve())


@cache
def _faults_in(path: Path) -> tuple[Mechanism, ...]:
    given = getattr(module_of(path), "FAULTS", None)
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ExtensionError(f"{path.name} has no FAULTS; write FAULTS = [TheoryFault(...)]")
    found: dict[str, TheoryFault] = {}
    for number, fault in enumerate(given):
        if not isinstance(fault, TheoryFault):
            raise ExtensionError(f"{path.name}: FAULTS[{number}] is a {type(fault).__name__}; write TheoryFault(...)")
        _check(path, fault, found)
        found[fault.name] = fault
    if not found:
        raise ExtensionError(f"{path.name}: FAULTS is empty")
    THEORY_FAULTS.update(found)
    ALL_THEORY_FAULTS.update(found)
    return tuple(Mechanism(name, TOPIC, fault.mechanism, path.name, theory=(name,)) for name, fault in found.items())


def _check(path: Path, fault: TheoryFault, found: dict[str, TheoryFault]) -> None:
    """The fault has a name of its own, and makes an action of some dialect.

    :raises ExtensionError: it does not.
    """
    if not isinstance(fault.name, str) or not _NAME.fullmatch(fault.name):
        raise ExtensionError(
            f"{path.name}: {fault.name!r} cannot name a fault; write small letters, digits and single -"
        )
    if fault.name in found or fault.name in ALL_THEORY_FAULTS:
        raise ExtensionError(f"{path.name}: a fault is called {fault.name} already; choose another name")
    if fault.action not in ACTIONS:
        raise ExtensionError(f"{path.name}: {fault.name}: no action {fault.action!r}; one of {', '.join(ACTIONS)}")
    try:
        dialect = next((each for each in DIALECTS.values() if fault.applies(each.readings)), None)
        if dialect is None:
            raise ValueError("no dialect can have it: applies is never true")
        action = fault.wrong(ACTIONS[fault.action])(dialect)
        if not isinstance(action, Action):
            raise TypeError(f"wrong makes a {type(action).__name__}; it takes a maker of actions and returns one")
    except Exception as error:
        raise at_line(path, error, f"fault {fault.name}") from None


def with_faults_of(source: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The work, in whatever process, with the faults of a file known; with none, if the file is empty."""
    if source:
        faults_in(source)
    return work(*args, **kwargs)
