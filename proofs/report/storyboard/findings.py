"""What is wrong, in words: of a state, of a step, and of a machine that ran along.

Nothing here depends on a dialect's opinion: a cycle, a link to a page that is gone or a flush that leaves access are
wrong in all of them. What a dialect is said to violate besides is in :mod:`~proofs.report.storyboard.witness`.
"""

from collections.abc import Iterator

import networkx as nx

from model.dialect import OwnPage, Readings
from model.scope import ALL_RIGHTS, Scope, rights_name
from model.spaces import CYCLE, DONE, NIL, Spaces, evaluate, frame_of
from model.trace import Operation
from proofs.report.storyboard.scene import Finding
from proofs.report.storyboard.views import Views


def links(state: Spaces) -> "nx.DiGraph[int]":
    """The mapping graph: an edge from each slot in use to the one that it was mapped from."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(len(state.sigma)))
    graph.add_edges_from((slot, int(parent)) for slot, parent in enumerate(state.sigma) if parent >= 0)
    return graph


def letters(rights: int) -> str:
    """The rights in a set, without those it lacks: ``rw``."""
    return rights_name(rights).replace("-", "") or "none"


def verbs(rights: int) -> str:
    """What a set of rights lets one do.

    >>> verbs(7), verbs(2)
    ('read, write and execute', 'write')
    """
    *others, last = [word for word, bit in (("read", 4), ("write", 2), ("execute", 1)) if rights & bit] or [
        "do nothing"
    ]
    return f"{', '.join(others)} and {last}" if others else last


def value_name(value: int) -> str:
    """What an evaluation or an element of P gives."""
    return "φ" if value == NIL else "a cycle" if value == CYCLE else f"frame {value}"


def of_state(state: Spaces, scope: Scope) -> Iterator[Finding]:
    """What no reachable state should show."""
    graph = links(state)
    for cycle in nx.simple_cycles(graph):
        low = cycle.index(min(cycle))
        first, *others = (scope.name(slot) for slot in [*cycle[low:], *cycle[:low]])
        way = "".join(f"{other}, that from " for other in others)
        text = f"a cycle: {first} was mapped from {way}{first if others else 'itself'}; σ(v) has no value"
        yield Finding("cycle", text, tuple(sorted(cycle)))
    for slot, element in enumerate(state.sigma):
        if element >= 0 and state.sigma[element] == NIL:
            text = f"{scope.name(slot)} is a link to {scope.name(int(element))}, which is gone"
            yield Finding("dangling", text, (slot,))
    for r in range(scope.frames):
        holders = tuple(slot for slot, element in enumerate(state.sigma) if element < NIL and frame_of(element) == r)
        if not holders:
            yield Finding("lost", f"no slot holds frame {r} any more: it is lost", (), (r,))
        elif len(holders) > 1:
            text = f"frame {r} is held by {' and '.join(map(scope.name, holders))}"
            yield Finding("held twice", text, holders, (r,))
    for slot in range(scope.slots):
        value, shown = evaluate(state, slot), int(state.phys[slot])
        if value not in (shown, CYCLE):
            text = f"P of {scope.name(slot)} says {value_name(shown)}, but its links lead to {value_name(value)}"
            yield Finding("P", text, (slot,))
        parent = int(state.sigma[slot])
        # A parent that is gone has no rights, but that is said already.
        alive = parent >= 0 and state.sigma[parent] != NIL
        if alive and (more := int(state.rights[slot] & ~state.rights[parent])):
            text = f"{scope.name(slot)} may {verbs(more)}, which {scope.name(parent)}, where it came from, may not"
            yield Finding("rights", text, (slot,))
        if parent != NIL and shown != NIL and state.rights[slot] == 0:
            yield Finding("no rights", f"{scope.name(slot)} is in use without any right", (slot,))


def of_step(before: Spaces, operation: Operation, after: Spaces, scope: Scope, readings: Readings) -> Iterator[Finding]:
    """What a step that was done should not have done."""
    graph = links(before)
    below = nx.ancestors(graph, operation.src)
    changed = {s for s in range(scope.slots) if any(a[s] != b[s] for a, b in zip(before, after, strict=True))}
    if operation.kind == "flush":
        yield from _flush(before, operation, after, scope, below)
        own = {operation.src} if readings.own_page == OwnPage.INCLUDED else set()
        allowed = below | own
    else:
        allowed = {operation.dst} | nx.ancestors(graph, operation.dst)
        if operation.kind == "grant":
            allowed |= {operation.src} | below
            if operation.src != operation.dst and after.sigma[operation.src] != NIL:
                text = f"{scope.name(operation.src)} was granted away and is still in use"
                yield Finding("grant", text, (operation.src,))
    for slot in sorted(changed - allowed):
        text = f"{scope.name(slot)} changed, though «{operation.text(scope)}» has nothing to do with it"
        yield Finding("effect", text, (slot,))
    for slot in sorted(changed):
        yield from _gained(before, operation, after, scope, slot)


def _flush(before: Spaces, operation: Operation, after: Spaces, scope: Scope, below: set[int]) -> Iterator[Finding]:
    flusher = scope.name(operation.src)
    for slot in sorted(below - {operation.src}):
        left = int(after.rights[slot]) & operation.rights
        if after.phys[slot] != NIL and left:
            if operation.rights == ALL_RIGHTS:
                text = f"{scope.name(slot)} reaches frame {after.phys[slot]} though {flusher} flushed it"
            else:
                text = f"{scope.name(slot)} may still {verbs(left)} though {flusher} flushed that right"
            yield Finding("flush", text, (slot,))
        lost = int(before.rights[slot]) & ~int(after.rights[slot]) & ~operation.rights
        if lost:
            text = f"{scope.name(slot)} lost {letters(lost)}, though {flusher} flushed only {letters(operation.rights)}"
            yield Finding("flush", text, (slot,))


def _gained(before: Spaces, operation: Operation, after: Spaces, scope: Scope, slot: int) -> Iterator[Finding]:
    """A frame or a right that the operation's source could not pass on."""
    shown, source = int(after.phys[slot]), operation.src
    at_destination = slot == operation.dst
    if shown not in (NIL, int(before.phys[slot])) and not (at_destination and shown == before.phys[source]):
        text = f"{scope.name(slot)} shows frame {shown}, which {scope.name(source)} could not pass on"
        yield Finding("effect", text, (slot,), (shown,))
    allowed = int(before.rights[source]) if at_destination else 0
    more = int(after.rights[slot]) & ~int(before.rights[slot]) & ~allowed
    if more:
        text = f"{scope.name(slot)} got {letters(more)}, which {scope.name(source)} could not pass on"
        yield Finding("rights", text, (slot,))


def of_views(state: Spaces, status: int, views: Views, scope: Scope) -> Iterator[Finding]:
    """Where a machine that ran along differs from the model."""
    if views.crashed:
        yield Finding("machine", f"the kernel broke down: {views.crashed}")
    if views.status is not None and views.status != status:
        ended = "does it" if views.status == DONE else "refuses"
        yield Finding("machine", f"the kernel {ended}, the model {'does it' if status == DONE else 'refuses'}")
    if views.database is not None:
        for slot in range(scope.slots):
            ours, theirs = (_shown(s.phys[slot], s.rights[slot]) for s in (state, views.database))
            if ours != theirs:
                text = f"the database shows {theirs} in {scope.name(slot)}, the model {ours}"
                yield Finding("machine", text, (slot,))
    for entry in views.entries:
        reached = NIL if entry.frame is None else entry.frame
        if (excess := _excess(state, entry.slot, reached, entry.rights, views.widens)) is not None:
            text = f"the page table lets {scope.name(entry.slot)} {excess}, the model does not"
            yield Finding("machine", text, (entry.slot,))
    for cached in views.cached:
        if (excess := _excess(state, cached.slot, cached.frame, cached.rights, views.widens)) is not None:
            text = f"core {cached.core}'s buffer lets {scope.name(cached.slot)} {excess}, the model does not"
            yield Finding("machine", text, (cached.slot,))


def _shown(phys: int, rights: int) -> str:
    return "φ" if phys == NIL else f"frame {phys} {rights_name(int(rights))}"


def _excess(state: Spaces, slot: int, reached: int, rights: int, widens: int) -> str | None:
    """What is granted beyond the model and beyond what the format grants unasked, or None."""
    if reached == NIL and rights == 0:
        return None
    if reached < 0 or reached != state.phys[slot]:
        return f"{verbs(rights)} {'a frame outside' if reached < 0 else f'frame {reached}'}" if rights else None
    more = rights & ~int(state.rights[slot]) & ~widens
    return f"{verbs(more)} frame {reached}" if more else None
