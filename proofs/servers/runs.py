"""Subsystems executed: random runs of everybody on a small machine, by the formulas that are proved."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from z3 import And, Exists, ForAll, Not

from model.messages.vocabulary import Machine, Word, machine, p, t, w
from model.running.evaluate import Structure
from model.servers.theory import SubsystemTheory
from model.signature import Formula, symbols_of
from model.spaces.dialect import CANONICAL, Dialect
from model.spaces.vocabulary import Frame, Space, owner, r, x
from proofs.engines.search.random_runs import Walker


def walker_of(
    of: SubsystemTheory,
    sizes: Mapping[str, int] | None = None,
    dialect: Dialect = CANONICAL,
    wished: Sequence[Formula] | None = None,
) -> Walker:
    """Return a random walker through the states of a system with a subsystem in it.

    :param sizes: how many elements each sort has; by default as many as the description says.
    :param wished: what the first state is to have; unless given what :func:`lively` says.
    :raises NoBeginningError: the machine is too small.
    """
    chosen = dict(sizes or _roomy(of))
    for symbol in of.theory.symbols.values():
        for sort in (*symbol.sorts, symbol.result):
            chosen.setdefault(sort.name(), 2)
    return Walker(
        of.running,
        dialect,
        chosen,
        of.own,
        near,
        {"end": 20.0, "timeout": 4.0, "flush": 4.0, **dict.fromkeys(_flushes(of), 4.0)},
        lively(of) if wished is None else wished,
    )


def _flushes(of: SubsystemTheory) -> list[str]:
    """The rules that take pages back."""
    return [rule for rule in of.rules if of.actions[rule] == "flush"]


def _roomy(of: SubsystemTheory) -> dict[str, int]:
    """A machine with room for everybody: an outsider, and hardware."""
    more = {"Thread": 2, "Id": 2, "Space": 1, "Slot": 2, "Word": 4}
    return {sort: number + more.get(sort, 0) for sort, number in of.kind.machine.items()}


def lively(of: SubsystemTheory) -> list[Formula]:
    """At first each space has a thread and a slot, somebody is an outsider, and there is somebody of every kind.

    Everybody knows the words that the description names, and all others, but for one where members make some up.
    """
    s: Any = of.theory.before
    fixed = of.theory.rigid
    own = [name for name in symbols_of(type(fixed)) if name not in symbols_of(Machine)]
    found = [
        ForAll([p], Exists([t], And(s.runs(t), Not(machine.hardware(t)), s.space(t) == p))),
        ForAll([p], Exists([x], owner(x) == p)),
        Exists([p], Not(of.seen(s).members(p))),
        ForAll([r], Exists([x], And(s.holds(x, r), s.right(x, machine.to_read), s.right(x, machine.to_write)))),
    ]
    for name in own:
        symbol = symbols_of(type(fixed))[name]
        if symbol.is_relation and symbol.sorts == (Space,):
            found.append(Exists([p], getattr(fixed, name)(p)))
        if symbol.is_relation and symbol.sorts == (Frame,):
            found.append(Exists([r], getattr(fixed, name)(r)))
        if not symbol.arguments and symbol.result == Word:
            found.append(ForAll([p], s.has(p, getattr(fixed, name))))
    if any(of.actions[rule] == "think" for rule in of.rules):
        special = [
            machine.empty,
            *(getattr(fixed, name) for name in own if symbols_of(type(fixed))[name].result == Word),
        ]
        plain = And(*(w != each for each in special), ForAll([x], w != machine.fault(x)))
        found.append(Exists([w], And(plain, ForAll([p], Not(s.has(p, w))), ForAll([r], Not(s.contains(r, w))))))
    else:
        found.append(ForAll([p, w], s.has(p, w)))
    return found


def near(state: Structure, source: np.random.Generator, number: int) -> dict[str, NDArray[Any]]:
    """Calls that may be possible: half open a window to somebody, half meet a partner that waits.

    Who opens a window opens one slot of its own. At a rendezvous the partner waits, the actor is somebody it waits for,
    with a page of his own, the frame that it shows, and a slot of the partner's window.
    """
    tables = {name: table[0] for name, table in state.symbols.items()}
    awaits, runs = tables["awaits"], tables["runs"]
    waiting, ready = np.flatnonzero(awaits.any(axis=1)), np.flatnonzero(runs & ~awaits.any(axis=1))
    if not ready.size:
        return {}
    opening = source.random(number) < (0.5 if waiting.size else 1)
    other = source.choice(waiting if waiting.size else np.flatnonzero(runs), number)
    met = _of_each(awaits[other][:, tables["ident"]] & runs, source)
    actor = np.where(opening, source.choice(ready, number), met)
    mine = tables["owner"] == tables["space"][actor][:, None]
    src = _of_each(mine & tables["live"], source)
    called = tables["ident"][source.choice(np.flatnonzero(runs), number)]
    return {
        "other": other,
        "actor": actor,
        "src": src,
        "dst": _of_each(tables["window"][other], source),
        "frame": _of_each(tables["phys"][src], source),
        "word": _of_each(tables["has"][tables["space"][actor]], source),
        "opens": opening[:, None] & _single(_of_each(mine, source), mine.shape[1]),
        "willing": opening[:, None] & _single(called, awaits.shape[1]),
    }


def _single(chosen: NDArray[Any], size: int) -> NDArray[Any]:
    """The sets of one member each."""
    found: NDArray[Any] = chosen[:, None] == np.arange(size)
    return found


def _of_each(members: NDArray[Any], source: np.random.Generator) -> NDArray[Any]:
    """A member of each set, drawn at random; anything of an empty one."""
    chosen: NDArray[Any] = np.where(members, source.random(members.shape), -1).argmax(axis=1)
    return chosen
