"""Section 2, literally: threads that begin, end, wait and send, as plain functions on tables of integers.

A kernel with one processor does one of these at a time. A message passes when the receiver waits for the sender
(B.ipc); with it a page may be mapped or granted, by the operations of :mod:`model.spaces.literal`, to where the
receiver opened a window (B.consent). Every message ends in the sender's next wait, which may be for nobody (B.rpc).

Each action is given the tables, the machine, what it is called with, and the readings of messages and of address
spaces. It returns ``DONE``, or ``REFUSED`` or ``CYCLE_MET`` when nothing was changed. As in
:mod:`model.spaces.literal` all is plain Python on arrays of integers, and :mod:`model.messages.compiled` compiles it.
"""

from model.messages.literal_memory import TO_WRITE, read, think, write
from model.messages.literal_threads import associate, create, end, is_acting
from model.messages.operation import Kind, Operation
from model.messages.readings import (
    Afterwards,
    Faults,
    Item,
    MessageReadings,
    Ports,
    Sender,
    Strings,
    Timeouts,
    Waits,
    Window,
)
from model.messages.tables import Board, Threads
from model.spaces import literal as spaces
from model.spaces.dialect import GrantedChildren, Readings
from model.spaces.literal import CYCLE_MET, DONE, NIL, REFUSED


def has(elements: int, n: int) -> bool:
    """Return whether n is in the set."""
    return bool(elements >> n & 1)


def stop_waiting(s: Threads, t: int, m: MessageReadings) -> None:
    """The wait of a thread ends, and with it the window that it was opened for."""
    s.awaits[t] = 0
    s.calls[t] = NIL
    if m.afterwards == Afterwards.CLOSED:
        s.window[t] = 0


def start_waiting(s: Threads, t: int, willing: int, opens: int, m: MessageReadings) -> None:
    """The thread waits for those, with that window; the message that it got before is forgotten."""
    s.awaits[t] = willing
    s.window[t] = s.window[t] | opens if m.afterwards == Afterwards.OPEN else opens
    s.sender[t] = NIL
    s.message[t] = NIL


def is_own_window(s: Threads, b: Board, t: int, opens: int) -> bool:
    """Return whether all slots of a window are in the thread's own space."""
    for x in range(len(b.owner)):  # noqa: SIM110 (compiled code has no generators)
        if has(opens, x) and b.owner[x] != s.space[t]:
            return False
    return True


def is_possible_wait(b: Board, willing: int, callee: int, m: MessageReadings) -> bool:
    """Return whether a thread can wait for just those, having sent to ``callee``, or to nobody."""
    if m.waits == Waits.CHOSEN or willing == 0 or willing == (1 << len(b.number)) - 1:
        return True
    return callee != NIL and willing == 1 << b.ident[callee]


def deliver(s: Threads, b: Board, sender: int, receiver: int, name: int, word: int, m: MessageReadings) -> None:
    """The message is in the receiver's registers, with a name for the sender, and the receiver no longer waits."""
    stop_waiting(s, receiver, m)
    s.sender[receiver] = name
    s.message[receiver] = word
    s.known[s.space[receiver]] |= 1 << word
    s.sent[sender * len(b.ident) + receiver] |= 1 << word


def wait(s: Threads, b: Board, o: Operation, m: MessageReadings, d: Readings) -> int:
    """A thread waits: for whom, and into which of its slots a page may come (B.ipc, B.consent)."""
    if not is_acting(s, b, o.actor) or not is_own_window(s, b, o.actor, o.opens):
        return REFUSED
    if not is_possible_wait(b, o.willing, NIL, m):
        return REFUSED
    start_waiting(s, o.actor, o.willing, o.opens, m)
    return DONE


def passes(s: Threads, b: Board, o: Operation, m: MessageReadings) -> bool:
    """Whether both sides agree that the message passes: the actor sends it, its partner waits for the actor (B.ipc)."""
    return bool(
        is_acting(s, b, o.actor)
        and has(s.awaits[o.other], b.ident[o.actor])
        and has(s.known[s.space[o.actor]], o.word)
        and is_own_window(s, b, o.actor, o.opens)
        and is_possible_wait(b, o.willing, o.other, m)
        and (m.sender != Sender.BADGE or has(b.badges[o.actor], o.claimed))
    )


def complete(s: Threads, b: Board, o: Operation, m: MessageReadings) -> int:
    """The message passes, and its sender waits for those that it wants to hear next; for nobody else: it has called."""
    name = b.ident[o.actor] if m.sender == Sender.KERNEL else o.claimed
    deliver(s, b, o.actor, o.other, name, o.word, m)
    start_waiting(s, o.actor, o.willing, o.opens, m)
    if o.willing == 1 << b.ident[o.other]:
        s.calls[o.actor] = o.other
    return DONE


def send(s: Threads, b: Board, o: Operation, m: MessageReadings, d: Readings) -> int:
    """A message passes from the actor to a partner that waits for it."""
    return complete(s, b, o, m) if passes(s, b, o, m) else REFUSED


def is_accepted(s: Threads, b: Board, o: Operation, m: MessageReadings) -> bool:
    """Whether the page may go to that slot of the receiver (B.consent), and if it is a port, stays in place (B.io)."""
    if m.window == Window.CHECKED and not has(s.window[o.other], o.dst):
        return False
    if m.window == Window.IGNORED and b.owner[o.dst] != s.space[o.other]:
        return False
    shown = s.spaces.phys[o.src]
    moved = b.place[o.src] != b.place[o.dst]
    return not (m.ports == Ports.IN_PLACE and shown != NIL and b.port[shown] and moved)


def pass_page(s: Threads, b: Board, o: Operation, m: MessageReadings, d: Readings) -> int:
    """Map or grant the page that comes with a message, if the receiver accepts it."""
    if not is_accepted(s, b, o, m):
        return REFUSED
    if o.kind == Kind.SEND_MAP:
        return spaces.map_(s.spaces, o.src, o.dst, o.rights, d)
    return spaces.grant(s.spaces, o.src, o.dst, o.rights, d)


def send_page(s: Threads, b: Board, o: Operation, m: MessageReadings, d: Readings) -> int:
    """A message passes, and with it a page of the actor's space is mapped or granted (B.owner)."""
    if o.kind == Kind.SEND_GRANT and d.granted_children == GrantedChildren.NO_GRANT:
        return REFUSED
    if not passes(s, b, o, m) or b.owner[o.src] != s.space[o.actor]:
        return REFUSED
    status = pass_page(s, b, o, m, d)
    if status == CYCLE_MET or (status == REFUSED and m.item == Item.REFUSED):
        return status
    return complete(s, b, o, m)


def is_buffer(s: Threads, b: Board, o: Operation, m: MessageReadings) -> bool:
    """Return whether a string may be copied to that frame, which shows in that slot of the receiver's."""
    if s.spaces.phys[o.dst] != o.frame:
        return False
    if m.strings == Strings.ANYWHERE:
        return bool(b.owner[o.dst] == s.space[o.other])
    return bool(has(s.window[o.other], o.dst) and s.spaces.rights[o.dst] & TO_WRITE)


def send_string(s: Threads, b: Board, o: Operation, m: MessageReadings, d: Readings) -> int:
    """A message passes, and the kernel copies it to a page of the receiver's; what stood there stays beside it."""
    if m.strings == Strings.NONE or not passes(s, b, o, m) or not is_buffer(s, b, o, m):
        return REFUSED
    s.contains[o.frame] |= 1 << o.word
    return complete(s, b, o, m)


def flush(s: Threads, b: Board, o: Operation, m: MessageReadings, d: Readings) -> int:
    """A thread flushes a page of its own space, and asks nobody (A.flush, B.owner)."""
    if not is_acting(s, b, o.actor) or b.owner[o.src] != s.space[o.actor]:
        return REFUSED
    return spaces.flush(s.spaces, o.src, o.rights, d)


def timeout(s: Threads, b: Board, o: Operation, m: MessageReadings, d: Readings) -> int:
    """The kernel ends a wait without a message."""
    if m.timeouts == Timeouts.NONE or s.awaits[o.other] == 0:
        return REFUSED
    stop_waiting(s, o.other, m)
    return DONE


def interrupt(s: Threads, b: Board, o: Operation, m: MessageReadings, d: Readings) -> int:
    """The empty message of a hardware thread to the thread that serves it and waits for it (B.irq)."""
    if not b.hardware[o.actor] or s.server[o.actor] != o.other or not has(s.awaits[o.other], b.ident[o.actor]):
        return REFUSED
    deliver(s, b, o.actor, o.other, b.ident[o.actor], b.empty[0], m)
    return DONE


def page_fault(s: Threads, b: Board, o: Operation, m: MessageReadings, d: Readings) -> int:
    """The kernel calls the pager in the name of a thread, with a window where the page is missing."""
    if m.faults == Faults.NO_CALL or not is_acting(s, b, o.actor) or b.owner[o.dst] != s.space[o.actor]:
        return REFUSED
    if s.pager[o.actor] != b.ident[o.other] or not has(s.awaits[o.other], b.ident[o.actor]):
        return REFUSED
    opens = 1 << o.dst
    if m.faults == Faults.WHOLE_SPACE:
        for x in range(len(b.owner)):
            if b.owner[x] == s.space[o.actor]:
                opens |= 1 << x
    deliver(s, b, o.actor, o.other, b.ident[o.actor], b.fault[o.dst], m)
    start_waiting(s, o.actor, 1 << b.ident[o.other], opens, m)
    s.calls[o.actor] = o.other
    return DONE


def act(s: Threads, b: Board, o: Operation, m: MessageReadings, d: Readings) -> int:
    """Do the action of the operation's kind."""
    if o.kind == Kind.CREATE:
        return create(s, b, o, m, d)
    if o.kind == Kind.END:
        return end(s, b, o, m, d)
    if o.kind == Kind.WAIT:
        return wait(s, b, o, m, d)
    if o.kind == Kind.SEND:
        return send(s, b, o, m, d)
    if o.kind == Kind.SEND_MAP or o.kind == Kind.SEND_GRANT:
        return send_page(s, b, o, m, d)
    if o.kind == Kind.FLUSH:
        return flush(s, b, o, m, d)
    if o.kind == Kind.TIMEOUT:
        return timeout(s, b, o, m, d)
    if o.kind == Kind.INTERRUPT:
        return interrupt(s, b, o, m, d)
    if o.kind == Kind.PAGE_FAULT:
        return page_fault(s, b, o, m, d)
    if o.kind == Kind.ASSOCIATE:
        return associate(s, b, o, m, d)
    if o.kind == Kind.READ:
        return read(s, b, o, m, d)
    if o.kind == Kind.WRITE:
        return write(s, b, o, m, d)
    if o.kind == Kind.SEND_STRING:
        return send_string(s, b, o, m, d)
    return think(s, b, o, m, d)
