"""Ways in which the kernel with ranges hands an operation or a step on wrongly, or looks up wrongly."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from inspect import signature
from types import FunctionType
from typing import Any

from proofs.execution.syntax import source_of
from proofs.faults.code.text import with_idle_branch
from proofs.faults.code.wrong import WrongCode
from proofs.obligations.sized.handing_on import method
from proofs.obligations.source import Code
from refinement.rewriting import replaced, rewritten

HANDED = (
    ("maps-for-a-grant", "a grant of a page is a map", "grant", "self.grant_range(", "self.map_range("),
    ("maps-two-pages", "two pages are mapped", "map", "(src, 0, dst, 0, 0, rights)", "(src, 1, dst, 1, 0, rights)"),
    ("maps-back", "the destination is mapped to the source", "map", "(src, 0, dst,", "(dst, 0, src,"),
    ("maps-all", "a page is mapped with all rights", "map", "0, 0, rights)", "0, 0)"),
    ("flushes-its-own", "the page itself loses the rights", "flush", "0, rights)", "0, rights, own=True)"),
    ("flushes-twice", "a flush of a page is two", "flush", "return", "self.flush_range(slot, 0, rights)\n    return"),
    ("maps-for-a-grant", "a grant of a range is a map", "do", "else self.grant_range", "else self.map_range"),
    ("leaves-its-own", "the range's own pages stay, whatever is asked for", "do", ", own=own)", ")"),
    ("forgets-what-came", "a map does not say whether it was refused", "map", "return ", ""),
    ("makes-a-page", "what is made is one page", "create_block", "slot, order, first", "slot, 0, first"),
    ("moves-nothing", "nothing moves", "move_node", "trees.move_block(self.sized, node, slot)", "pass"),
    ("keeps-all", "a node keeps all rights", "restrict_rights", "trees.narrow_block(self.sized, node, kept)", "pass"),
    ("removes-twice", "a node is freed twice", "remove_leaf", "trees.drop_block(self.sized, node)",
     "trees.drop_block(self.sized, node)\n    trees.drop_block(self.sized, node)"),
    ("starts-again", "a flush begins again with each step", "flush_step", "self.sized, cursor", "self.sized, top"),
    ("turns-nowhere", "a partial flush never leaves a node", "restrict_step", "cursor, leaving,", "cursor, False,"),
    ("asks-of-none", "the buddy of a node is never found", "buddy", "trees.buddy(self.sized, node)", "-1"),
    ("shows-its-first", "a look-up gives the frame that the mapping begins with", "lookup",
     "trees.frame_at(self.sized, node, slot)", "self.tree.frame[node]"),
    ("shows-without-rights", "a look-up gives no rights", "lookup", "self.tree.rights[node]", "0"),
    ("shows-nothing", "a look-up finds nothing", "lookup", "None if node == NONE else", "None if node != NONE else"),
)  # fmt: skip
"""A name, words, the method, and a piece of its text that is replaced."""

LEFT_OUT = (
    ("takes-its-own", "the range's own pages go where nothing is said of them", "flush_range", {"own": True}),
    ("maps-nothing", "no right goes where nothing is said of rights", "map_range", {"rights": 0}),
)
"""A name, words, the method, and what it gets where a call leaves that out."""


def with_left_out(function: Callable[..., Any], instead: Mapping[str, object]) -> Callable[..., Any]:
    """The function with other values for what a call leaves out."""
    made = rewritten(function, source_of(function).tree)
    assert isinstance(made, FunctionType)
    named = [name for name, each in signature(function).parameters.items() if each.kind == each.POSITIONAL_OR_KEYWORD]
    last = made.__defaults__ or ()
    made.__defaults__ = tuple(map(instead.get, named[len(named) - len(last) :], last))
    made.__kwdefaults__ = {name: instead.get(name, value) for name, value in (made.__kwdefaults__ or {}).items()}
    return made


SUBJECTS = ("sized_operations__", "sized_steps__", "sized_lookup__")


def _idle() -> Code:
    return Code(sized={"self.flush": with_idle_branch(method("flush"))})


def _handing(of: str, old: str, new: str) -> Code:
    return Code(sized={f"self.{of}": replaced(method(of), old, new)})


def _leaving_out(of: str, instead: Mapping[str, object]) -> Code:
    return Code(sized={of: with_left_out(method(of), instead)})


def of_handing_on() -> Iterator[WrongCode]:
    """All of them, and one with a branch that is never taken."""
    sentence = "In flush, which hands on, there is a branch that is never taken."
    yield WrongCode("sized-hands-flush-branch-idle", sentence, "sized-step-idle", SUBJECTS, _idle)
    for name, said, of, old, new in HANDED:
        make = partial(_handing, of, old, new)
        sentence = f"In {of}, which hands on, {said}."
        yield WrongCode(f"sized-hands-{of.replace('_', '-')}-{name}", sentence, "sized-step-otherwise", SUBJECTS, make)
    for name, said, of, instead in LEFT_OUT:
        make = partial(_leaving_out, of, instead)
        sentence = f"In a call of {of}, {said}."
        yield WrongCode(f"sized-hands-{of.replace('_', '-')}-{name}", sentence, "sized-step-otherwise", SUBJECTS, make)
