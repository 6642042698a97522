"""The theory of ownership as a value: one for each dialect, a wrong one perhaps."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from types import MappingProxyType
from typing import Any

import numpy as np

from model.ownership import steps
from model.ownership.invariants import initial, invariants_of
from model.ownership.readings import OWNERSHIP, Access, Lending, OwnershipDialect, OwnershipReadings, Relinquishing
from model.ownership.vocabulary import Nothing, Pages, PageStep, before
from model.running.evaluate import Structure
from model.scope import ArgumentError, Scope
from model.signature import Formula, fresh
from model.spaces.dialect import CANONICAL
from model.spaces.invariants import Invariant
from model.theory import Theory


def makers(m: OwnershipReadings) -> Mapping[str, Callable[..., Any]]:
    """Return the functions that make each action of a dialect with these readings."""
    found: dict[str, Callable[..., Any]] = {"donate": steps.donate}
    if m.lending == Lending.OFFERED:
        found["lend"] = steps.lend
    found["share"] = steps.share
    if m.access == Access.RETRIEVED:
        found["retrieve"] = steps.retrieve
    if m.relinquishing == Relinquishing.OFFERED:
        found["relinquish"] = steps.relinquish
    return found | {"reclaim": steps.reclaim}


def _initial(state: Pages, invariant: Invariant[Any], /) -> dict[str, Formula]:
    return initial(state)


def start(scope: Scope) -> Structure:
    """The first state: σ0 owns all pages.

    :raises ArgumentError: the scope has not as many frames as pages: a page with an owner is no place for a frame.
    """
    if scope.pages != scope.frames:
        raise ArgumentError(f"a page of ownership is a frame: give as many frames as pages, and not {scope}")
    owned = np.zeros((1, scope.spaces, scope.frames), bool)
    owned[0, 0] = True
    return Structure(
        1,
        {"Space": scope.spaces, "Frame": scope.frames},
        {
            "owns": owned,
            "loan": np.zeros((1, scope.spaces, scope.spaces, scope.frames), bool),
            "lent": np.zeros((1, scope.frames), bool),
            "access": owned.copy(),
        },
    )


def _without(make: Callable[..., PageStep], condition: str, *arguments: Any, **more: Any) -> PageStep:
    """The step of an action that does not ask for one condition of its guard."""
    step = make(*arguments, **more)
    return replace(step, guard={name: formula for name, formula in step.guard.items() if name != condition})


@cache
def theory_of_ownership(dialect: OwnershipDialect) -> Theory[Pages]:
    """The theory of a dialect.

    >>> from model.ownership.readings import OWNERSHIP_DIALECTS
    >>> list(theory_of_ownership(OWNERSHIP_DIALECTS["pkvm"]).actions)
    ['donate', 'share', 'reclaim']

    :raises KeyError: a condition is dropped that no guard has.
    """
    m = dialect.readings
    actions: dict[str, Callable[..., PageStep]] = {name: partial(make, m) for name, make in makers(m).items()}
    for action, condition in dialect.dropped:
        if action not in actions or condition not in actions[action](CANONICAL).guard:
            raise KeyError(f"{action}: {condition}")
        actions[action] = partial(_without, actions[action], condition)
    return Theory(
        name=OWNERSHIP + dialect.name,
        before=before,
        rigid=fresh(Nothing),
        actions=MappingProxyType(actions),
        invariants=MappingProxyType(dict(invariants_of(m))),
        initial=_initial,
        start=start,
    )
