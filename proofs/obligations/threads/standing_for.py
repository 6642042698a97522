"""What blocks stand for in the theory of threads and messages: the abstraction, on terms, stated once.

The thread t is in the block of its id's number, if that holds just this id. What the theory has besides, words that are
known and contained, what was ever sent, who calls whom, is no kernel's: a step leaves it to the theory.
:mod:`refinement.messages.abstraction` says the same of a kernel that runs, and both are to be read.
"""

from dataclasses import fields

from z3 import And, ForAll, Implies, Not

from model.messages.vocabulary import System, h, i, j, machine, p, t, w
from model.spaces.theory import Formula, State, Term, x
from proofs.execution.contract import Named
from proofs.execution.values import a_line, marked, no_slot, nobody, nothing
from proofs.obligations.threads.state import BlockState, hears, newer
from proofs.obligations.tree.primitives import same

ident, number, hardware = machine.ident, machine.number, machine.hardware


def is_there(b: BlockState, thread: Term) -> Formula:
    """The thread is in its block."""
    block = number(ident(thread))
    return And(b.state(block) != nothing, b.ident(block, ident(thread)))


def stands_for(b: BlockState, s: System) -> Named:
    """The blocks stand for the theory's state."""
    block, line, here = number(ident(t)), number(ident(h)), is_there(b, t)
    served = And(is_there(b, h), b.state(line) == a_line, b.server(line, ident(t)))
    return {
        "threads that run are in their blocks": ForAll([t], s.runs(t) == here),
        "in the block is the thread's space": ForAll([t], Implies(here, s.space(t) == b.space(block))),
        "whom it waits for": ForAll([t, i], s.awaits(t, i) == And(here, hears(b, block, i))),
        "its window": ForAll([t, x], s.window(t, x) == And(here, x != no_slot, b.window(block) == x)),
        "its registers": ForAll(
            [t, i, w], s.got(t, i, w) == And(here, i != nobody, b.sender(block, i), b.message(block) == w)
        ),
        "its pager": ForAll([t, i], s.pager(t, i) == And(here, i != nobody, b.pager(block, i))),
        "the interrupts that it serves": ForAll([t, h], s.serves(t, h) == And(here, served)),
        "lines are hardware threads": ForAll([t], Implies(here, hardware(t) == (b.state(block) == a_line))),
        "hardware threads are there": ForAll([t], Implies(hardware(t), here)),
        "spaces that were given": ForAll([p], s.born(p) == (b.born(p) == marked)),
        "ids that were given are not newer than the block's": ForAll(
            [i, j], Implies(And(s.named(i), b.ident(number(i), j)), And(Not(newer(i, j)), j != nobody))
        ),
    }


def spaces_alone(s: System) -> State:
    """The address spaces of a state with threads."""
    return State(**{field.name: getattr(s, field.name) for field in fields(State)})


def same_spaces(one: System, other: System) -> Formula:
    """Both have the same address spaces."""
    return same(spaces_alone(one), spaces_alone(other))
