"""The vocabulary of threads and messages, beside address spaces: sorts, state, arguments of actions.

A message passes when both sides agree (B.ipc). The receiver's side is state: ``awaits(t, i)`` says that thread t, which
is blocked, would take a message from the thread called i, and ``window(t, x)`` that it would take a page in its slot x
along with it. The sender's side is the action. So there is no queue, and consent (B.consent) is an open window.

The functions lead from Thread to Space and Id, from Slot to Space, Page and Word, from Id to Number and from Frame to
Slot: no sort reaches itself, so conditions can stay in the decidable fragment.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import z3

from model.signature import Formula, Term, constant, fresh, function, relation
from model.spaces.vocabulary import (
    Frame,
    Function,
    Parameters,
    Predicate,
    Relation,
    Right,
    Rigid,
    Slot,
    Space,
    State,
    r,
    x,
)

Relation3: TypeAlias = Callable[[Term, Term, Term], Formula]

Thread, Id, Word, Page, Number = (z3.DeclareSort(name) for name in ("Thread", "Id", "Word", "Page", "Number"))

# Variables to bind.
t, u, h = z3.Consts("t u h", Thread)
i, j = z3.Consts("i j", Id)
w, v = z3.Consts("w v", Word)
p, p2 = z3.Consts("p p2", Space)

__all__ = [
    "Call",
    "Frame",
    "Id",
    "Machine",
    "Number",
    "Page",
    "Right",
    "Slot",
    "Space",
    "System",
    "Thread",
    "Word",
    "before",
    "called",
    "machine",
]


@dataclass(frozen=True, slots=True)
class System(State):
    """Address spaces, threads, and what programs and frames contain, at one time.

    ``existed``, ``named``, ``latest``, ``born``, ``sent`` and ``calls`` are history: no action of the canonical kernel
    looks at more of it than whether an id or a space was given away before.
    """

    space: Annotated[
        Function, function(t, result=Space, tex=r"\sigma", meaning="σ(τ), the space that the thread executes in")
    ]
    runs: Annotated[Predicate, relation(t, meaning="the thread has begun and has not ended")]
    existed: Annotated[Predicate, relation(t, meaning="the thread has begun; perhaps it has ended since")]
    named: Annotated[Predicate, relation(i, meaning="the id was given to some thread")]
    latest: Annotated[Predicate, relation(i, meaning="of the ids with its number, i was the last that was given")]
    born: Annotated[Predicate, relation(p, meaning="the space was given to some thread, or is σ₀")]
    awaits: Annotated[Relation, relation(t, i, meaning="t is blocked, and would take a message from who is called i")]
    window: Annotated[Relation, relation(t, x, meaning="t, blocked, would take a page in its slot x")]
    got: Annotated[Relation3, relation(t, i, w, meaning="the registers of t show the message w, from who is called i")]
    pager: Annotated[Relation, relation(t, i, meaning="page faults of t go to who is called i")]
    serves: Annotated[Relation, relation(t, h, meaning="interrupts of the hardware thread h go to t")]
    has: Annotated[Relation, relation(p, w, meaning="programs in the space know the word")]
    contains: Annotated[Relation, relation(r, w, meaning="the word stands in the frame")]
    sent: Annotated[Relation3, relation(t, u, w, meaning="at some time t sent w to u")]
    calls: Annotated[Relation, relation(t, u, meaning="t waits for the answer to its call of u")]


@dataclass(frozen=True, slots=True)
class Machine(Rigid):
    """What no action changes."""

    ident: Annotated[Function, function(t, result=Id, meaning="the id of the thread, for its whole life")]
    number: Annotated[Function, function(i, result=Number, meaning="the id without its version")]
    hardware: Annotated[Predicate, relation(t, meaning="the thread is one that sends interrupts")]
    place: Annotated[Function, function(x, result=Page, meaning="where in its space the slot lies")]
    port: Annotated[Predicate, relation(r, meaning="the frame is an I/O port")]
    fault: Annotated[Function, function(x, result=Word, meaning="the message that a page fault in the slot makes")]
    empty: Annotated[Term, constant(Word, meaning="the message of an interrupt")]
    to_read: Annotated[Term, constant(Right, meaning="the right to read")]
    to_write: Annotated[Term, constant(Right, meaning="the right to write")]
    ids_of: Annotated[Relation, relation(p, i, meaning="the kernel keeps the id for threads that p begins")]
    spaces_of: Annotated[Relation, relation(p, p2, meaning="the kernel keeps the space p2 for threads that p begins")]
    lines_of: Annotated[Relation, relation(p, h, meaning="the interrupt was assigned to p when the machine was built")]
    badges_of: Annotated[Relation, relation(t, i, meaning="t was given a capability with the badge i")]


@dataclass(frozen=True, slots=True)
class Call(Parameters):
    """The arguments of an action; each action looks at some of them."""

    actor: Annotated[Term, constant(Thread, meaning="who acts; of an interrupt the hardware thread")]
    other: Annotated[Term, constant(Thread, meaning="its partner, or the thread that begins, ends or gives up")]
    word: Annotated[Term, constant(Word, meaning="the message, or the word that is made up or written")]
    frame: Annotated[Term, constant(Frame, meaning="the frame read or written")]
    into: Annotated[Term, constant(Space, meaning="the space of a thread that begins")]
    paged_by: Annotated[Term, constant(Id, meaning="the pager of a thread that begins")]
    claimed: Annotated[Term, constant(Id, meaning="the sender's name, where it is not the kernel that tells it")]
    willing: Annotated[Predicate, relation(i, meaning="whom the actor waits for next; nobody: it runs on")]
    opens: Annotated[Predicate, relation(x, meaning="the window that it opens for that wait")]
    keeps: Annotated[Predicate, relation(w, meaning="what a write leaves in the frame of what stood there")]


before = fresh(System)
machine = fresh(Machine)
called = fresh(Call)
