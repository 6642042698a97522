"""Findings in words: of a state, of a step, and of a machine that ran along.

Nothing here depends on a dialect's opinion: a cycle, a link to a page that is gone or a flush that leaves access are
wrong in all of them. What a dialect is said to violate besides is in :mod:`~proofs.report.storyboard.scenes.witness`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from model.scope import ALL_RIGHTS, Scope, rights_name
from model.spaces.dialect import OwnPage, Readings
from model.spaces.literal import CYCLE, DONE, NIL, Spaces, frame_of, is_kept, passes_nothing
from model.spaces.operation import Kind, Operation
from proofs.report.storyboard.scenes.scene import Anomaly
from proofs.report.storyboard.scenes.views import Cached, TableEntry, Views

MOST = 2
"""So many findings of a kind are told one by one in a step; of more, the first ones, and how many there are besides."""


def values(state: Spaces) -> NDArray[np.int64]:
    """σ(v) of every slot, as :func:`~model.spaces.literal.evaluate` has it: links followed 2, 4, 8 at a time."""
    sigma = state.sigma
    root = np.where(sigma >= 0, sigma, np.arange(len(sigma)))
    for _ in range(len(sigma).bit_length()):
        root = root[root]
    ends = sigma[root]
    return np.where(ends >= 0, CYCLE, np.where(ends == NIL, NIL, -2 - ends))


def derived(state: Spaces, slot: int) -> NDArray[np.bool_]:
    """Tell of each slot whether it was mapped from this one, directly or not; the slot itself is not counted."""
    nowhere = len(state.sigma)
    parent = np.append(np.where(state.sigma >= 0, state.sigma, nowhere), nowhere)
    below = parent == slot
    for _ in range(nowhere.bit_length()):
        below = below | below[parent]
        parent = parent[parent]
    below[slot] = False
    return np.asarray(below[:-1])


def letters(rights: int) -> str:
    """The rights in a set, without those it lacks: ``rw``."""
    return rights_name(rights).replace("-", "") or "none"


def verbs(rights: int) -> str:
    """Say what a set of rights lets one do.

    >>> verbs(7), verbs(2)
    ('read, write and execute', 'write')
    """
    *others, last = [word for word, bit in (("read", 4), ("write", 2), ("execute", 1)) if rights & bit] or [
        "do nothing"
    ]
    return f"{', '.join(others)} and {last}" if others else last


def value_name(value: int) -> str:
    """Name what an evaluation or an element of P gives."""
    return "φ" if value == NIL else "a cycle" if value == CYCLE else f"frame {value}"


def of_state(state: Spaces, scope: Scope) -> Iterator[Anomaly]:
    """Find what no reachable state should show."""
    sigma, phys, rights = state
    ends = values(state)
    yield from _cycles(state, ends, scope)
    parent = np.maximum(sigma, 0)
    linked = sigma >= 0
    for slot in _where(linked & (sigma[parent] == NIL)):
        text = f"{scope.name(slot)} is a link to {scope.name(int(sigma[slot]))}, which is gone"
        yield Anomaly("dangling", text, (slot,))
    yield from _holders(state, scope)
    # A parent that is gone has no rights, but that is said already.
    more = np.where(linked & (sigma[parent] != NIL), rights & ~rights[parent], 0)
    differs = (ends != phys) & (ends != CYCLE)
    useless = (sigma != NIL) & (phys != NIL) & (rights == 0)
    for slot in _where(differs | (more != 0) | useless):
        name = scope.name(slot)
        if differs[slot]:
            says, leads = value_name(int(phys[slot])), value_name(int(ends[slot]))
            yield Anomaly("P", f"P of {name} says {says}, but its links lead to {leads}", (slot,))
        if more[slot]:
            origin = scope.name(int(sigma[slot]))
            text = f"{name} may {verbs(int(more[slot]))}, which {origin}, where it came from, may not"
            yield Anomaly("rights", text, (slot,))
        if useless[slot]:
            yield Anomaly("no rights", f"{name} is in use without any right", (slot,))


def _where(mask: NDArray[np.bool_]) -> list[int]:
    found: list[int] = np.nonzero(mask)[0].tolist()
    return found


def _cycles(state: Spaces, ends: NDArray[np.int64], scope: Scope) -> Iterator[Anomaly]:
    cyclic = _where(ends == CYCLE)
    if not cyclic:
        return
    import networkx as nx  # here, since it takes long to import and most states have no cycle

    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_edges_from((slot, int(state.sigma[slot])) for slot in cyclic)
    for cycle in nx.simple_cycles(graph):
        low = cycle.index(min(cycle))
        first, *others = (scope.name(slot) for slot in [*cycle[low:], *cycle[:low]])
        way = "".join(f"{other}, that from " for other in others)
        text = f"a cycle: {first} was mapped from {way}{first if others else 'itself'}; σ(v) has no value"
        yield Anomaly("cycle", text, tuple(sorted(cycle)))


def _holders(state: Spaces, scope: Scope) -> Iterator[Anomaly]:
    holding: dict[int, list[int]] = {r: [] for r in range(scope.frames)}
    for slot in _where(state.sigma < NIL):
        holding.setdefault(frame_of(int(state.sigma[slot])), []).append(slot)
    for r, holders in holding.items():
        if not holders:
            yield Anomaly("lost", f"no slot holds frame {r} any more: it is lost", (), (r,))
        elif len(holders) > 1:
            text = f"frame {r} is held by {' and '.join(map(scope.name, holders))}"
            yield Anomaly("held twice", text, tuple(holders), (r,))


def of_step(before: Spaces, operation: Operation, after: Spaces, scope: Scope, readings: Readings) -> Iterator[Anomaly]:
    """Find what a step that was done should not have done."""
    below = derived(before, operation.src)
    changed = np.logical_or.reduce([a != b for a, b in zip(before, after, strict=True)])
    allowed = below.copy()
    if operation.kind == Kind.FLUSH:
        yield from _flush(before, operation, after, scope, below)
        allowed[operation.src] = readings.own_page == OwnPage.INCLUDED
    else:
        allowed = derived(before, operation.dst)
        allowed[operation.dst] = True
        if operation.kind == Kind.GRANT:
            allowed |= below
            allowed[operation.src] = True
            stays = operation.src == operation.dst or _keeps_source(before, operation, readings)
            if not stays and after.sigma[operation.src] != NIL:
                text = f"{scope.name(operation.src)} was granted away and is still in use"
                yield Anomaly("grant", text, (operation.src,))
    for slot in _where(changed & ~allowed):
        text = f"{scope.name(slot)} changed, though «{operation.text(scope)}» has nothing to do with it"
        yield Anomaly("effect", text, (slot,))
    gained = (after.phys != NIL) & (after.phys != before.phys) | (after.rights & ~before.rights != 0)
    for slot in _where(gained):
        yield from _gained(before, operation, after, scope, slot)


def _keeps_source(before: Spaces, operation: Operation, readings: Readings) -> bool:
    """Whether a grant is read so that the granter keeps this page."""
    src, dst, rights = operation.src, operation.dst, operation.rights
    return is_kept(before, src, dst, readings) or passes_nothing(before, src, rights, readings)


def _flush(
    before: Spaces, operation: Operation, after: Spaces, scope: Scope, below: NDArray[np.bool_]
) -> Iterator[Anomaly]:
    flusher = scope.name(operation.src)
    kept = (after.phys != NIL) & (after.rights & operation.rights != 0)
    taken = before.rights & ~after.rights & ~operation.rights != 0
    for slot in _where(below & (kept | taken)):
        left = int(after.rights[slot]) & operation.rights
        if after.phys[slot] != NIL and left:
            if operation.rights == ALL_RIGHTS:
                text = f"{scope.name(slot)} reaches frame {after.phys[slot]} though {flusher} flushed it"
            else:
                text = f"{scope.name(slot)} may still {verbs(left)} though {flusher} flushed that right"
            yield Anomaly("flush", text, (slot,))
        lost = int(before.rights[slot]) & ~int(after.rights[slot]) & ~operation.rights
        if lost:
            text = f"{scope.name(slot)} lost {letters(lost)}, though {flusher} flushed only {letters(operation.rights)}"
            yield Anomaly("flush", text, (slot,))


def _gained(before: Spaces, operation: Operation, after: Spaces, scope: Scope, slot: int) -> Iterator[Anomaly]:
    """A frame or a right that the operation's source could not pass on."""
    shown, source = int(after.phys[slot]), operation.src
    at_destination = slot == operation.dst
    if shown not in (NIL, int(before.phys[slot])) and not (at_destination and shown == before.phys[source]):
        text = f"{scope.name(slot)} shows frame {shown}, which {scope.name(source)} could not pass on"
        yield Anomaly("effect", text, (slot,), (shown,))
    allowed = int(before.rights[source]) if at_destination else 0
    more = int(after.rights[slot]) & ~int(before.rights[slot]) & ~allowed
    if more:
        text = f"{scope.name(slot)} got {letters(more)}, which {scope.name(source)} could not pass on"
        yield Anomaly("rights", text, (slot,))


def of_views(state: Spaces, status: int, views: Views, scope: Scope) -> Iterator[Anomaly]:
    """Find where a view of what ran beside the model differs from the model."""
    if views.crashed:
        yield Anomaly("machine", f"{views.name} {views.crashed}")
    if views.status is not None and views.status != status:
        ended = "does it" if views.status == DONE else "refuses"
        yield Anomaly("machine", f"{views.name} {ended}, the model {'does it' if status == DONE else 'refuses'}")
    if views.database is not None:
        yield from _differing("the database", views.database.phys, views.database.rights, state, scope)
    for answers in views.answers:
        frames, rights = np.array(answers.frames, np.int64), np.array(answers.rights, np.int64)
        yield from _differing(answers.whose, frames, rights, state, scope)
    for entry in views.entries:
        if said := of_entry(state, entry, views):
            text = f"the page table {said.replace(' it ', f' {scope.name(entry.slot)} ', 1)}"
            yield Anomaly("page table", text, (entry.slot,))
    for cached in views.cached:
        if (excess := of_cached(state, cached, views.widens)) is not None:
            text = f"{cached.whose}'s buffer lets {scope.name(cached.slot)} {excess}, the model does not"
            yield Anomaly("buffers", text, (cached.slot,))


def of_entry(state: Spaces, entry: TableEntry, views: Views) -> str:
    """Say what a page-table entry grants beyond the model, or withholds without need; empty if it is right."""
    reached = NIL if entry.frame is None else entry.frame
    if (excess := _excess(state, entry.slot, reached, entry.rights, views.widens)) is not None:
        return f"lets it {excess}, the model does not"
    if lacking := views.grants[int(state.rights[entry.slot])] & ~entry.rights:
        return f"does not let it {verbs(lacking)} frame {state.phys[entry.slot]}, the model does"
    return ""


def of_cached(state: Spaces, cached: Cached, widens: int) -> str | None:
    """Say what a remembered translation grants beyond the model."""
    return _excess(state, cached.slot, cached.frame, cached.rights, widens)


def _differing(
    whose: str, frames: NDArray[np.int64], rights: NDArray[np.int64], state: Spaces, scope: Scope
) -> Iterator[Anomaly]:
    """Where a table shows another frame than the model, or the same with other rights."""
    for slot in _where((frames != state.phys) | (frames != NIL) & (rights != state.rights)):
        theirs = shown_in_words(int(frames[slot]), int(rights[slot]))
        ours = shown_in_words(int(state.phys[slot]), int(state.rights[slot]))
        yield Anomaly(whose, f"{whose} shows {theirs} in {scope.name(slot)}, the model {ours}", (slot,))


def beside(drawn: Spaces, model: Spaces, views: Views | None, slot: int) -> tuple[str, ...]:
    """Say what the model shows in a slot, and what each view that differs shows there; nothing where none differs."""
    ours = shown_in_words(int(model.phys[slot]), int(model.rights[slot]))
    others = []
    if _shows(drawn, slot) != ours:
        others.append(f"fault: {_shows(drawn, slot)}")
    if views is not None and not views.crashed:
        if views.database is not None and _shows(views.database, slot) != ours and views.database is not drawn:
            others.append(f"database: {_shows(views.database, slot)}")
        for answers in views.answers:
            theirs = shown_in_words(answers.frames[slot], answers.rights[slot])
            if theirs != ours:
                others.append(f"{answers.whose.removeprefix('the ').removeprefix('its ')}: {theirs}")
        others += [
            f"page table: {_in_table(entry.frame, entry.rights)}"
            for entry in views.entries
            if entry.slot == slot and of_entry(model, entry, views)
        ]
        others += [
            f"{cached.whose}: {_in_table(cached.frame, cached.rights)}"
            for cached in views.cached
            if cached.slot == slot and of_cached(model, cached, views.widens) is not None
        ]
    return (f"model: {ours}", *others[:MOST]) if others else ()


def _shows(state: Spaces, slot: int) -> str:
    return shown_in_words(int(state.phys[slot]), int(state.rights[slot]))


def _in_table(frame: int | None, rights: int) -> str:
    if frame is None:
        return "φ"
    return f"outside {rights_name(rights)}" if frame < 0 else shown_in_words(frame, rights)


def from_model(drawn: Spaces, model: Spaces, scope: Scope) -> Iterator[Anomaly]:
    """Find where the state that is drawn shows something else than the model."""
    for slot in _where((drawn.phys != model.phys) | (model.phys != NIL) & (drawn.rights != model.rights)):
        theirs = shown_in_words(int(drawn.phys[slot]), int(drawn.rights[slot]))
        ours = shown_in_words(int(model.phys[slot]), int(model.rights[slot]))
        yield Anomaly("differs", f"{scope.name(slot)} shows {theirs}; without the fault, {ours}", (slot,))


def condensed(found: Iterable[Anomaly], scope: Scope) -> tuple[Anomaly, ...]:
    """Shorten findings: of many of one kind only the first ones, with a last one that counts the others."""
    kinds: dict[tuple[str, bool], list[Anomaly]] = {}
    for finding in found:
        kinds.setdefault((finding.kind, finding.fresh), []).append(finding)
    told: list[Anomaly] = []
    for same in kinds.values():
        if len(same) <= MOST + 1:
            told += same
            continue
        slots = tuple(dict.fromkeys(slot for finding in same[MOST:] for slot in finding.slots))
        where = f", in {scope.name(slots[0])} … {scope.name(slots[-1])}" if len(slots) > 1 else ""
        more = replace(same[-1], text=f"and {len(same) - MOST} more of this kind{where}", slots=slots)
        told += [*same[:MOST], more]
    return tuple(told)


def shown_in_words(frame: int, rights: int) -> str:
    """Say what a table shows in a slot: ``φ``, or a frame with rights, which a target may give as any number."""
    named = rights_name(rights) if 0 <= rights <= ALL_RIGHTS else f"rights {rights:#x}"
    return "φ" if frame == NIL else f"frame {frame} {named}"


def _excess(state: Spaces, slot: int, reached: int, rights: int, widens: int) -> str | None:
    """What is granted beyond the model and beyond what the format grants unasked, or None."""
    if reached == NIL and rights == 0:
        return None
    if reached < 0 or reached != state.phys[slot]:
        return f"{verbs(rights)} {'a frame outside' if reached < 0 else f'frame {reached}'}" if rights else None
    more = rights & ~int(state.rights[slot]) & ~widens
    return f"{verbs(more)} frame {reached}" if more else None
