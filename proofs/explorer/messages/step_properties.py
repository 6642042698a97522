"""What is checked of each step of threads and messages; the register is :mod:`proofs.explorer.messages.properties`."""

from model.messages.operation import Kind, Operation
from model.messages.scope import MOST
from model.messages.tables import NOT_YET, RUNS, Board, Threads
from model.spaces.literal import NIL, derives


def _agreed(s: Threads, b: Board, o: Operation) -> bool:
    """The partner waits for the actor, with a window of its own space on the destination."""
    return bool(
        o.other >= 0
        and o.dst >= 0
        and o.actor >= 0
        and s.awaits[o.other] >> b.ident[o.actor] & 1
        and s.window[o.other] >> o.dst & 1
        and b.owner[o.dst] == s.space[o.other]
    )


def maps_only_by_consent(s: Threads, n: Threads, b: Board, o: Operation) -> bool:
    """What a slot gains, it gains through an open window, with a message that the window's thread receives."""
    for x in range(len(b.owner)):
        live = n.spaces.sigma[x] != NIL and s.spaces.sigma[x] == NIL
        frame = n.spaces.phys[x] != NIL and n.spaces.phys[x] != s.spaces.phys[x]
        right = n.spaces.rights[x] & ~s.spaces.rights[x] != 0
        if (live or frame or right) and not (x == o.dst and _agreed(s, b, o) and n.message[o.other] == o.word):
            return False
    return True


def passes_only_own(s: Threads, n: Threads, b: Board, o: Operation) -> bool:
    """A frame that a slot comes to show was shown by a page of the actor's."""
    for x in range(len(b.owner)):
        r = n.spaces.phys[x]
        if r == NIL or r == s.spaces.phys[x]:
            continue
        if o.src < 0 or b.owner[o.src] != s.space[o.actor] or s.spaces.phys[o.src] != r:
            return False
    return True


def _same_links(s: Threads, n: Threads) -> bool:
    """Nothing at all changed in any slot."""
    for x in range(len(s.spaces.sigma)):
        if s.spaces.sigma[x] != n.spaces.sigma[x] or s.spaces.phys[x] != n.spaces.phys[x]:
            return False
        if s.spaces.rights[x] != n.spaces.rights[x]:
            return False
    return True


def _same_slot(s: Threads, n: Threads, x: int, slots: int) -> bool:
    """A slot has the same link, frame, P and rights, and comes from the same slots."""
    if (
        s.spaces.sigma[x] != n.spaces.sigma[x]
        or s.spaces.phys[x] != n.spaces.phys[x]
        or s.spaces.rights[x] != n.spaces.rights[x]
    ):
        return False
    for y in range(slots):  # noqa: SIM110
        if derives(s.spaces, x, y) != derives(n.spaces, x, y):
            return False
    return True


def changes_others_only_by_consent(s: Threads, n: Threads, b: Board, o: Operation) -> bool:
    """A page of another space changes only if it came from the actor's, or where consent is given now."""
    if _same_links(s, n):
        return True
    actor_space = -1 if o.actor < 0 else s.space[o.actor]
    for x in range(len(b.owner)):
        if b.owner[x] == actor_space or _same_slot(s, n, x, len(b.owner)):
            continue
        allowed = _agreed(s, b, o) and (x == o.dst or derives(s.spaces, x, o.dst))
        for y in range(len(b.owner)):
            allowed = allowed or (b.owner[y] == actor_space and derives(s.spaces, x, y))
        if not allowed:
            return False
    return True


def opens_what_was_asked(s: Threads, n: Threads, b: Board, o: Operation) -> bool:
    """A thread's window is what it opened, or where its page is missing; that of who got a message is closed."""
    if o.other >= 0 and s.awaits[o.other] & ~n.awaits[o.other] and n.window[o.other] != 0 and o.other != o.actor:
        return False
    if o.actor < 0:
        return True
    asked = o.opens | (1 << o.dst if o.kind == Kind.PAGE_FAULT else 0)
    new = n.window[o.actor] & ~s.window[o.actor]
    if n.awaits[o.actor] & ~s.awaits[o.actor]:
        new = n.window[o.actor]
    return bool(new & ~asked == 0)


def others_open_nothing(s: Threads, n: Threads, b: Board, o: Operation) -> bool:
    """A thread comes to wait for somebody, or to have a window, by nobody's doing but its own."""
    for t in range(len(b.ident)):
        opens = n.awaits[t] & ~s.awaits[t] != 0 or n.window[t] & ~s.window[t] != 0
        if opens and t != o.actor:
            return False
    return True


def fault_window_is_missing_page(s: Threads, n: Threads, b: Board, o: Operation) -> bool:
    """A page fault opens a window on the page that is missing, to the pager, and nothing else."""
    if o.kind != Kind.PAGE_FAULT:
        return True
    return bool(n.window[o.actor] == 1 << o.dst and n.awaits[o.actor] == 1 << b.ident[o.other])


def reaches_who_is_meant(s: Threads, n: Threads, b: Board, o: Operation) -> bool:
    """A message reaches one thread, which waited for the sender, and shows the sender's name."""
    for t in range(len(b.ident)):
        if n.sender[t] == NIL or (n.sender[t] == s.sender[t] and n.message[t] == s.message[t]):
            continue
        meant = t == o.other and o.actor >= 0 and n.sender[t] == b.ident[o.actor]
        if not meant or not s.awaits[t] >> n.sender[t] & 1:
            return False
    return True


def leaves_third_threads_alone(s: Threads, n: Threads, b: Board, o: Operation) -> bool:
    """A thread that is neither the actor nor its partner is as it was."""
    for t in range(len(b.ident)):
        if t in (o.actor, o.other):
            continue
        if (
            (s.life[t] == RUNS) != (n.life[t] == RUNS)
            or s.space[t] != n.space[t]
            or s.awaits[t] != n.awaits[t]
            or s.window[t] != n.window[t]
            or s.pager[t] != n.pager[t]
            or s.sender[t] != n.sender[t]
            or s.message[t] != n.message[t]
            or s.calls[t] != n.calls[t]
        ):
            return False
        for h in range(len(b.ident)):
            if (s.server[h] == t) != (n.server[h] == t):
                return False
    return True


def never_gives_again(s: Threads, n: Threads, b: Board, o: Operation) -> bool:
    """A thread that has ended never runs again, nor does its id."""
    for t in range(len(b.ident)):
        if s.life[t] == NOT_YET or s.life[t] == RUNS:
            continue
        for u in range(len(b.ident)):
            if n.life[u] == RUNS and b.ident[u] == b.ident[t]:
                return False
    return True


def begins_where_it_may(s: Threads, n: Threads, b: Board, o: Operation) -> bool:
    """A thread begins in the space of who begins it, or in a space that nobody has had."""
    for t in range(len(b.ident)):
        if n.life[t] != RUNS or s.life[t] == RUNS:
            continue
        p = n.space[t]
        if s.born[p] and (o.actor < 0 or p != s.space[o.actor]):
            return False
    return True


def stays_in_its_space(s: Threads, n: Threads, b: Board, o: Operation) -> bool:
    """A thread stays in the space that it began in."""
    for t in range(len(b.ident)):  # noqa: SIM110
        if s.life[t] != NOT_YET and n.space[t] != s.space[t]:
            return False
    return True


def ends_only_own(s: Threads, n: Threads, b: Board, o: Operation) -> bool:
    """A thread is ended by its own space only."""
    for t in range(len(b.ident)):
        if s.life[t] == RUNS and n.life[t] != RUNS and (o.actor < 0 or s.space[t] != s.space[o.actor]):
            return False
    return True


def _is_told(s: Threads, n: Threads, b: Board, o: Operation, p: int, w: int) -> bool:
    """Whether a space gets the word in a message that its thread waited for."""
    if o.actor < 0 or o.other < 0 or s.space[o.other] != p or not s.awaits[o.other] >> b.ident[o.actor] & 1:
        return False
    return bool(
        n.message[o.other] == w
        and (
            s.known[s.space[o.actor]] >> w & 1 or w == b.empty[0] or (o.kind == Kind.PAGE_FAULT and w == b.fault[o.dst])
        )
    )


def learns_only_by_agreement(s: Threads, n: Threads, b: Board, o: Operation) -> bool:
    """A space learns a word only from a message that it waited for, or from a page that it may read."""
    for p in range(len(s.known)):
        new = n.known[p] & ~s.known[p]
        if new == 0:
            continue
        for w in range(MOST):
            if not new >> w & 1:
                continue
            own = o.actor >= 0 and p == s.space[o.actor]
            allowed = _is_told(s, n, b, o, p, w)
            if own and w == o.word:
                unknown = True
                for t in range(len(b.ident)):
                    unknown = unknown and not s.known[s.space[t]] >> w & 1
                allowed = allowed or unknown
            for x in range(len(b.owner)):
                r = s.spaces.phys[x]
                if own and b.owner[x] == p and r != NIL and s.spaces.rights[x] & 4 and s.contains[r] >> w & 1:
                    allowed = True
            if not allowed:
                return False
    return True


def writes_only_what_it_can(s: Threads, n: Threads, b: Board, o: Operation) -> bool:
    """What stands in a frame changes only by who may write it, or by a string that it expects, and to what is known."""
    for r in range(len(b.port)):
        if s.contains[r] == n.contains[r]:
            continue
        if o.actor < 0 or n.contains[r] & ~s.contains[r] & ~s.known[s.space[o.actor]]:
            return False
        can = False
        for x in range(len(b.owner)):
            shown = b.owner[x] == s.space[o.actor] and s.spaces.phys[x] == r
            can = can or (shown and s.spaces.rights[x] & 2 != 0)
        if o.kind == Kind.SEND_STRING:
            can = _agreed(s, b, o) and s.spaces.phys[o.dst] == r and s.spaces.rights[o.dst] & 2 != 0
        if not can:
            return False
    return True


def answers_only_by_callee(s: Threads, n: Threads, b: Board, o: Operation) -> bool:
    """The answer that a caller sees is the callee's, and nobody else can answer."""
    for t in range(len(b.ident)):
        u = s.calls[t]
        if u == NIL or n.sender[t] == NIL or (n.sender[t] == s.sender[t] and n.message[t] == s.message[t]):
            continue
        if o.actor != u or n.sender[t] != b.ident[u]:
            return False
    return True
