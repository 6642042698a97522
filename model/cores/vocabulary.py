"""The vocabulary of the theory of many cores: its sorts, its state, the arguments of its actions.

A core remembers a translation under the *tag* of a space (PCID, ASID). It can use what it remembers under the tag that
a space has, as soon as it executes there. What it remembers under a tag that no space has is dead until the tag is
given to another.

The functions lead to Gen alone, and no function leads from it: conditions stay in the decidable fragment.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import z3

from model.signature import Formula, Term, Vocabulary, constant, fresh, function, relation
from model.spaces.vocabulary import Frame, Function, Predicate, Relation, Space, q, r

Relation3: TypeAlias = Callable[[Term, Term, Term], Formula]
Relation4: TypeAlias = Callable[[Term, Term, Term, Term], Formula]
Function2: TypeAlias = Callable[[Term, Term], Term]

Core, Page, Tag, Gen = (z3.DeclareSort(name) for name in ("Core", "Page", "Tag", "Gen"))

# Variables to bind.
c, d = z3.Consts("c d", Core)
z, y = z3.Consts("z y", Space)
p = z3.Const("p", Page)
t, u = z3.Consts("t u", Tag)
g, h, i = z3.Consts("g h i", Gen)

__all__ = [
    "Core",
    "CoreCall",
    "Cores",
    "Frame",
    "Gen",
    "Generations",
    "Page",
    "Predicate",
    "Space",
    "Tag",
    "before",
    "called",
    "generations",
    "q",
    "r",
]


@dataclass(frozen=True, slots=True)
class Cores(Vocabulary):
    """The mapping database, the page tables and the buffers of all cores at one time."""

    auth: Annotated[Relation3, relation(z, p, r, meaning="the database says that page p of z shows the frame r")]
    entry: Annotated[Relation3, relation(z, p, r, meaning="the page table of z says so")]
    tlb: Annotated[Relation4, relation(c, t, p, r, meaning="the core c remembers it under the tag t")]
    tagged: Annotated[Relation, relation(z, t, meaning="t is the tag of z")]
    runs: Annotated[Relation, relation(c, z, meaning="the core c executes in z")]
    under: Annotated[Relation, relation(c, t, meaning="t is the tag in the register of c: it loads under that")]
    may: Annotated[Relation, relation(z, c, meaning="the mask of z names c: the core may remember what z shows")]
    busy: Annotated[Relation, relation(z, p, meaning="the entry was cleared, and not all cores have forgotten it")]
    asked: Annotated[Relation, relation(z, p, meaning="the cores were told to forget it")]
    owed: Annotated[Relation3, relation(z, p, c, meaning="the core c was told so, and has not answered")]
    fenced: Annotated[Relation3, relation(z, p, c, meaning="the core c has forgotten it, and has not said so")]
    clean: Annotated[Relation, relation(t, c, meaning="the core c has wiped the tag t since it was last in use")]
    now: Annotated[Function, function(z, result=Gen, meaning="the generation of z: a new one for each entry cleared")]
    seen: Annotated[Function2, function(c, z, result=Gen, meaning="the generation of z with which c last forgot all")]
    due: Annotated[Function2, function(z, p, result=Gen, meaning="the generation with which the entry was cleared")]


@dataclass(frozen=True, slots=True)
class Generations(Vocabulary):
    """What no action changes."""

    later: Annotated[Relation, relation(g, h, tex=r"{0} > {1}", meaning="the generation g comes after h")]


@dataclass(frozen=True, slots=True)
class CoreCall(Vocabulary):
    """The arguments of an action; each action looks at some of them."""

    core: Annotated[Term, constant(Core, meaning="the core that acts, or is told to")]
    space: Annotated[Term, constant(Space, meaning="the space")]
    page: Annotated[Term, constant(Page, meaning="the page of it")]
    frame: Annotated[Term, constant(Frame, meaning="the frame")]
    tag: Annotated[Term, constant(Tag, meaning="the tag")]
    gen: Annotated[Term, constant(Gen, meaning="the generation that begins")]


before = fresh(Cores)
generations = fresh(Generations)
called = fresh(CoreCall)
