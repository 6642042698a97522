"""The roles of a function of C: by name, with the arguments that it may have."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """A role of functions.

    :param arguments: what arguments can stand for.
    :param needed: which of them there must be.
    :param apart: calls of it are not executed: what its proof shows stands for them.
    """

    sentence: str
    arguments: tuple[str, ...]
    needed: tuple[str, ...]
    apart: bool = False


SLOTS = ("src.space", "src.page", "dst.space", "dst.page", "rights")

ROLES = {
    "slot_number": Role("the number of a slot", ("space", "page"), ("space", "page"), apart=True),
    "inlined": Role("executed where it is called", (), ()),
    "remove": Role("a node without children becomes free", ("node",), ("node",), apart=True),
    "create": Role(
        "a mapping is made from another, and stands first below it",
        ("parent", "space", "page", "rights"),
        ("parent", "space", "page", "rights"),
        apart=True,
    ),
    "flush_below": Role("whatever is below a node goes", ("top",), ("top",), apart=True),
    "restrict_below": Role(
        "whatever is below a node keeps some rights", ("top", "rights"), ("top", "rights"), apart=True
    ),
    "is_below": Role("whether a node is below another", ("lower", "upper"), ("lower", "upper"), apart=True),
    "map": Role("the theory's map", SLOTS, SLOTS),
    "grant": Role("the theory's grant", SLOTS, SLOTS),
    "flush": Role("the theory's flush", ("src.space", "src.page", "rights"), ("src.space", "src.page", "rights")),
    "lookup": Role("what the database says of a slot", ("src.space", "src.page", "out"), ("src.space", "src.page")),
    "lookup_hw": Role(
        "what the page table says of a slot", ("src.space", "src.page", "out"), ("src.space", "src.page")
    ),
}
