# Typed by numba, not by annotations.
# mypy: allow-untyped-defs, allow-untyped-calls
"""The protocols that take a page at a time as a packed system, written apart from the theory and compared with it.

A state is one number, a bit for each fact: what the database and the entries show, what cores remember, who has which
tag, who executes where, masks, and what goes on. The steps are those of ``model/cores``, by the same names.
"""

from math import prod

import numpy as np
from numba.extending import register_jitable

from model.cores.readings import (
    Answers,
    Busy,
    Flush,
    Frees,
    Leaves,
    Order,
    Protocol,
    Reach,
    Replaces,
    Tags,
    Told,
    Wait,
)
from model.cores.scope import CoreScope
from model.cores.trace import step_words
from model.spaces.operation import Argument, Operation
from proofs.explorer.system import Field, ScopeTooLargeError, System, unreduced

RELATIONS = {
    "auth": "spr",
    "entry": "spr",
    "tlb": "ctpr",
    "tagged": "st",
    "runs": "cs",
    "under": "ct",
    "may": "sc",
    "busy": "sp",
    "asked": "sp",
    "owed": "spc",
    "fenced": "spc",
    "clean": "tc",
}
"""The facts of a state, each with the letters of the sorts that it speaks of."""
C, S, P, R, T = range(5)  # the places of the sizes among the parameters
REACH, WAIT, FREES, ORDER, LEAVES, TAGS, TOLD, ANSWERS, BUSY = range(5, 14)
AUTH, ENTRY, TLB, TAGGED, RUNS, UNDER, MAY, BUSYP, ASKED, OWED, FENCED, CLEAN = range(14, 26)
ACTIONS = (
    ("load", "cspr"),
    ("evict", "ctpr"),
    ("enter", "cs"),
    ("leave", "cs"),
    ("install", "spr"),
    ("clear", "sp"),
    ("ask", "csp"),
    ("fence", "csp"),
    ("answer", "csp"),
    ("finish", "sp"),
    ("retire", "st"),
    ("wipe", "ct"),
    ("assign", "st"),
)
LOAD, EVICT, ENTER, LEAVE, INSTALL, CLEAR, ASK, FENCE, ANSWER, FINISH, RETIRE, WIPE, ASSIGN = range(13)
ONE = np.uint64(1)
_SORTS = {"c": ("core", "Core"), "s": ("space", "Space"), "p": ("page", "Page"), "r": ("frame", "Frame")}
_SORTS["t"] = ("tag", "Tag")


@register_jitable
def _has(state, place):
    return (state >> np.uint64(place)) & ONE == ONE


@register_jitable
def _with(state, place):
    return state | (ONE << np.uint64(place))


@register_jitable
def _less(state, place):
    return state & ~(ONE << np.uint64(place))


@register_jitable
def _spr(of, m, s, p, r):
    return m[of] + (s * m[P] + p) * m[R] + r


@register_jitable
def _tlb(m, c, t, p, r):
    return m[TLB] + ((c * m[T] + t) * m[P] + p) * m[R] + r


@register_jitable
def _spc(of, m, s, p, c):
    return m[of] + (s * m[P] + p) * m[C] + c


@register_jitable
def _forget(state, m, c, s, page):
    """The core forgets a page of a space, or all of it for -1, under the tags that the space has."""
    for t in range(m[T]):
        if _has(state, m[TAGGED] + s * m[T] + t):
            for p in range(m[P]):
                if page < 0 or page == p:
                    for r in range(m[R]):
                        state = _less(state, _tlb(m, c, t, p, r))
    return state


@register_jitable
def _any_row(state, first, count):
    """Whether some of so many facts in a row holds."""
    return (state >> np.uint64(first)) & ((ONE << np.uint64(count)) - ONE) != np.uint64(0)


@register_jitable
def _no_row(state, first, count):
    """The state in which none of so many facts in a row holds."""
    return state & ~(((ONE << np.uint64(count)) - ONE) << np.uint64(first))


@register_jitable
def _tag_in_use(state, m, t):
    found = False
    for s in range(m[S]):
        found = found or _has(state, m[TAGGED] + s * m[T] + t)
    return found


@register_jitable
def _executed(state, m, s):
    found = False
    for c in range(m[C]):
        found = found or _has(state, m[RUNS] + c * m[S] + s)
    return found


@register_jitable
def _entered(state, m, c, s):
    """The state after a core has entered a space."""
    after = _no_row(_no_row(state, m[RUNS] + c * m[S], m[S]), m[UNDER] + c * m[T], m[T])
    after = _with(after, m[RUNS] + c * m[S] + s)
    for t in range(m[T]):
        if _has(state, m[TAGGED] + s * m[T] + t):
            after = _with(after, m[UNDER] + c * m[T] + t)
    if m[LEAVES] == Leaves.OUT_OF_MASK:
        for other in range(m[S]):
            after = _less(after, m[MAY] + other * m[C] + c)
    return _with(after, m[MAY] + s * m[C] + c)


@register_jitable
def _by_core(state, m, action, c, s, p):
    """A step of a core about a page: whether it is possible, and the state after."""
    slot = s * m[P] + p
    busy, asked, owed = m[BUSYP] + slot, m[ASKED] + slot, _spc(OWED, m, s, p, c)
    if action == ASK:
        stands = _any_row(state, _spr(ENTRY, m, s, p, 0), m[R])
        first = _has(state, busy) if m[ORDER] == Order.CLEAR_FIRST else stands and not _has(state, busy)
        after = _with(state, asked)
        for other in range(m[C]):
            told = m[REACH] == Reach.BROADCAST or _has(state, m[MAY] + s * m[C] + other)
            if told and (m[TOLD] == Told.MASK or other == c):
                after = _with(after, _spc(OWED, m, s, p, other))
        return first and not _has(state, asked), after
    possible, after = _has(state, owed), _less(_less(state, owed), _spc(FENCED, m, s, p, c))
    if action == FENCE:
        return possible, _with(_forget(state, m, c, s, p), _spc(FENCED, m, s, p, c))
    if m[ORDER] == Order.MASK_FIRST:
        possible = possible and _has(state, busy)
    if m[ANSWERS] == Answers.HAVING_FORGOTTEN:
        if m[REACH] == Reach.MESSAGE:
            possible = possible and _has(state, _spc(FENCED, m, s, p, c))
        else:
            after = _forget(after, m, c, s, p)
    return possible, after


@register_jitable
def _by_kernel(state, m, action, s, p):
    """Clear or finish: whether it is possible, and the state after."""
    slot = s * m[P] + p
    busy, asked, owed = m[BUSYP] + slot, m[ASKED] + slot, _spc(OWED, m, s, p, 0)
    waits = _any_row(state, owed, m[C])
    if action == CLEAR:
        possible = _any_row(state, _spr(ENTRY, m, s, p, 0), m[R]) and not _has(state, busy)
        possible = possible and (m[ORDER] == Order.CLEAR_FIRST or _has(state, asked))
        possible = possible and not (m[ORDER] == Order.TELL_FIRST and waits)
        after = _with(_no_row(state, _spr(ENTRY, m, s, p, 0), m[R]), busy)
        return possible, _no_row(after, _spr(AUTH, m, s, p, 0), m[R]) if m[FREES] == Frees.AT_ONCE else after
    possible = _has(state, busy) and _has(state, asked) and (m[WAIT] == Wait.NONE or not waits)
    after = _less(_less(_no_row(state, _spr(AUTH, m, s, p, 0), m[R]), busy), asked)
    return possible, _no_row(_no_row(after, owed, m[C]), _spc(FENCED, m, s, p, 0), m[C])


@register_jitable
def _about_tag(state, m, action, one, t):
    """Retire or assign of a space, wipe of a core: whether it is possible, and the state after."""
    mine = m[TAGGED] + one * m[T] + t
    if action == RETIRE:
        after = _no_row(_less(state, mine), m[CLEAN] + t * m[C], m[C])
        return _has(state, mine) and not _executed(state, m, one), after
    if action == WIPE:
        after = _no_row(state, _tlb(m, one, t, 0, 0), m[P] * m[R])
        return not _tag_in_use(state, m, t), _with(after, m[CLEAN] + t * m[C] + one)
    possible = not _any_row(state, m[TAGGED] + one * m[T], m[T])
    if m[TAGS] == Tags.WIPED:
        for c in range(m[C]):
            possible = possible and _has(state, m[CLEAN] + t * m[C] + c)
    else:
        possible = possible and not _tag_in_use(state, m, t)
    return possible, _no_row(_with(state, mine), m[CLEAN] + t * m[C], m[C])


@register_jitable
def _step(state, m, action, c, s, p, r, t):
    """A step: whether it is possible, and the state after."""
    if action == LOAD:
        after = state
        for tag in range(m[T]):
            if _has(state, m[UNDER] + c * m[T] + tag):
                after = _with(after, _tlb(m, c, tag, p, r))
        return _has(state, m[RUNS] + c * m[S] + s) and _has(state, _spr(ENTRY, m, s, p, r)), after
    if action == EVICT:
        return _has(state, _tlb(m, c, t, p, r)), _less(state, _tlb(m, c, t, p, r))
    if action == ENTER:
        tagged = _any_row(state, m[TAGGED] + s * m[T], m[T])
        return tagged and not _has(state, m[RUNS] + c * m[S] + s), _entered(state, m, c, s)
    if action == LEAVE:
        mask = m[MAY] + s * m[C] + c
        after = _less(_forget(state, m, c, s, -1), mask)
        return _has(state, mask) and not _has(state, m[RUNS] + c * m[S] + s), after
    if action == INSTALL:
        slot = s * m[P] + p
        possible = not _any_row(state, _spr(AUTH, m, s, p, 0), m[R])
        possible = possible and not (_has(state, m[BUSYP] + slot) or _has(state, m[ASKED] + slot))
        if m[BUSY] == Busy.REUSED:
            possible = not _any_row(state, _spr(ENTRY, m, s, p, 0), m[R])
        return possible, _with(_with(state, _spr(AUTH, m, s, p, r)), _spr(ENTRY, m, s, p, r))
    if action in (CLEAR, FINISH):
        return _by_kernel(state, m, action, s, p)
    if action in (ASK, FENCE, ANSWER):
        return _by_core(state, m, action, c, s, p)
    return _about_tag(state, m, action, c if action == WIPE else s, t)


@register_jitable
def _ranges(m, action, scratch):
    """How many elements of each sort a step of that name is called with."""
    for place in range(5):
        scratch[place] = 1
    if action in (LOAD, EVICT, ENTER, LEAVE, ASK, FENCE, ANSWER, WIPE):
        scratch[C] = m[C]
    if action == ASK and m[TOLD] == Told.MASK:  # which core tells the others makes no difference
        scratch[C] = 1
    if action not in (EVICT, WIPE):
        scratch[S] = m[S]
    if action not in (ENTER, LEAVE, RETIRE, WIPE, ASSIGN):
        scratch[P] = m[P]
    if action in (LOAD, EVICT, INSTALL):
        scratch[R] = m[R]
    if action in (EVICT, RETIRE, WIPE, ASSIGN):
        scratch[T] = m[T]


def successors(state, after, labels, flaws, wanted, parameters, scratch):
    """Every step that is possible; see :class:`~proofs.explorer.system.System`."""
    count = 0
    for action in range(13):
        if action == FENCE and parameters[REACH] != Reach.MESSAGE:
            continue
        _ranges(parameters, action, scratch)
        for c in range(scratch[C]):
            for s in range(scratch[S]):
                for p in range(scratch[P]):
                    for r in range(scratch[R]):
                        for t in range(scratch[T]):
                            possible, following = _step(state, parameters, action, c, s, p, r, t)
                            if possible:
                                after[count] = following
                                labels[count] = ((((action * 8 + c) * 8 + s) * 8 + p) * 8 + r) * 8 + t
                                flaws[count] = 0
                                count += 1
    return count


def check(state, wanted, parameters, scratch):
    """``used-is-allowed`` and ``used-alike``: what cores can use under the tags that spaces have."""
    m, wrong = parameters, 0
    for s in range(m[S]):
        for t in range(m[T]):
            if not _has(state, m[TAGGED] + s * m[T] + t):
                continue
            for p in range(m[P]):
                frames = 0
                for r in range(m[R]):
                    used = False
                    for c in range(m[C]):
                        used = used or _has(state, _tlb(m, c, t, p, r))
                    if used and not _has(state, _spr(AUTH, m, s, p, r)):
                        wrong |= 1
                    frames += 1 if used else 0
                if frames > 1:
                    wrong |= 2
    return wrong & wanted


def label_operation(label: int) -> Operation:
    """The step that a label stands for."""
    numbers = []
    for _ in range(5):
        label, number = divmod(label, 8)
        numbers.append(number)
    of = dict(zip("trpsc", numbers, strict=True))
    name, letters = ACTIONS[label]
    return Operation.call(name, (Argument(*_SORTS[letter], of[letter]) for letter in letters))


def protocol_system(protocol: Protocol, scope: CoreScope) -> System:
    """A protocol that takes a page at a time on a machine, as a packed system.

    :raises ValueError: it is none of those that are written here.
    :raises ScopeTooLargeError: a state does not fit the packing, or a number does not fit a label.
    """
    readings = protocol.readings
    if readings.flush != Flush.PAGE or readings.replaces != Replaces.BREAKS_FIRST:
        raise ValueError(f"{protocol.name} is searched by its formulas: only what takes a page at a time is packed")
    size = {"c": scope.cores, "s": scope.spaces, "p": scope.pages, "r": scope.frames, "t": scope.tags}
    if max(size.values()) > 8:
        raise ScopeTooLargeError(f"{scope}: the labels of steps have room for 8 of each")
    fields = tuple(Field(name, prod(size[letter] for letter in letters)) for name, letters in RELATIONS.items())
    starts = [sum(field.bits for field in fields[:n]) for n in range(len(fields))]
    chosen = tuple(
        int(getattr(readings, name))
        for name in ("reach", "wait", "frees", "order", "leaves", "tags", "told", "answers", "busy")
    )
    first = 0
    at = dict(zip(RELATIONS, starts, strict=True))
    for space in range(min(scope.spaces, scope.tags)):
        first |= 1 << at["tagged"] + space * scope.tags + space
    for core in range(scope.cores):
        first |= 1 << at["runs"] + core * scope.spaces | 1 << at["under"] + core * scope.tags | 1 << at["may"] + core
        for tag in range(scope.spaces, scope.tags):
            first |= 1 << at["clean"] + tag * scope.cores + core
    return System(
        name=f"{protocol.name} on {scope}",
        fields=fields,
        initial=first,
        successors=successors,
        check=check,
        canonical=unreduced,
        fanout=sum(prod(size[letter] for letter in letters) for _, letters in ACTIONS),
        parameters=(*(size[letter] for letter in "csprt"), *chosen, *starts),
        scratch=8,
        properties=("used-is-allowed", "used-alike"),
        step_text=lambda label: step_words(label_operation(label)),
    )
