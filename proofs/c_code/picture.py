"""A counterexample of C code read as nodes with fields, and as the address spaces that they stand for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from model.scope import RIGHTS, Scope, rights_name
from model.spaces.literal import NIL, Spaces, frame
from proofs.c_code.refutation import AFTER, BEFORE, Refutation
from proofs.c_code.shapes import SHAPES
from proofs.obligations.c_code.binding import Binding
from proofs.obligations.c_code.execution import OPERATIONS

OTHER_BITS = 8
"""A bit that is no right."""


@dataclass(frozen=True)
class Picture:
    """The structure of a refutation: nodes are called A, B, …, slots by their place in the smallest scope for them."""

    refutation: Refutation
    binding: Binding

    @cached_property
    def _tables(self) -> dict[str, Any]:
        return {name: np.asarray(table[0]) for name, table in self.refutation.structure.symbols.items()}

    def _constant(self, name: str) -> int:
        return int(self._tables[name]) if name in self._tables else -1

    @property
    def times(self) -> tuple[str, ...]:
        """Before, and after if there is such a state."""
        return (BEFORE, AFTER) if self.refutation.after else (BEFORE,)

    @property
    def links(self) -> tuple[str, ...]:
        """The columns that lead from node to node."""
        return SHAPES[self.binding.shape].links

    # Nodes.

    @cached_property
    def nodes(self) -> dict[int, str]:
        """The nodes that some slot names or that are free, or that change, with their letters."""
        special = {self._constant(name) for name in ("no_node", "FREE", "ROOTS")}
        every = [node for node in range(self.refutation.structure.sizes["Node"]) if node not in special]
        ranked = sorted(every, key=lambda node: (not self._is("named", node), len(self._above(node)), node))
        used = [node for node in ranked if self._is("named", node) or self._is("listed", node) or self._differs(node)]
        return {node: chr(ord("A") + at) if at < 26 else f"node {at}" for at, node in enumerate(used)}

    def _is(self, ghost: str, node: int) -> bool:
        return any(bool(self._tables[f"{when} {ghost}"][node]) for when in self.times)

    def _above(self, node: int) -> list[int]:
        """Its parent, that one's, and so on."""
        found: list[int] = []
        while True:
            above = self._parents(BEFORE, node)
            above = [each for each in above if each != self._constant("no_node") and each not in found]
            if not above or not self._is("named", node):
                return found
            node = above[0]
            found.append(node)

    def _held(self, when: str, link: str, node: int) -> list[int]:
        """What a link may lead to: one node, if its field has a value."""
        return [int(each) for each in np.nonzero(self._tables[f"{when} {link}"][node])[0]]

    def _parents(self, when: str, node: int) -> list[int]:
        """The node that a mapping was made from, NULL of one that holds its frame itself; none if that is not known.

        In a list it is the first on the way back that is less deep.
        """
        if self.binding.shape == "tree":
            return self._held(when, "parent", node)
        depth, passed = self._tables[f"{when} depth"], {node}
        if not depth[node]:
            return [self._constant("no_node")]
        at = node
        while found := [each for each in self._held(when, "prev", at) if each not in passed]:
            at = found[0]
            if at == self._constant("no_node") or depth[at] < depth[node]:
                break
            passed.add(at)
        return [at] if at not in {node, self._constant("no_node")} and depth[at] < depth[node] else []

    def _differs(self, node: int) -> bool:
        return AFTER in self.times and any(
            not np.array_equal(self._tables[f"{BEFORE} {column}"][node], self._tables[f"{AFTER} {column}"][node])
            for column in self.binding.columns
        )

    def _node(self, node: int) -> str:
        return "NULL" if node == self._constant("no_node") else self.nodes.get(node, "another node")

    def field(self, when: str, column: str, node: int) -> str:
        """Return the value of a node's field."""
        table = self._tables[f"{when} {column}"]
        if column in self.links:
            held = [self._node(each) for each in self._held(when, column, node)]
            return " or ".join(held) or "nothing known"
        if column == "rights":
            return rights_name(self._mask(table[node]))
        if column == "depth":
            return str(int(table[node]))
        if column == "frame":
            return self._frame(int(table[node]))
        number = self.spaces.get(int(table[node])) if column == "space" else self.pages.get(int(table[node]))
        return "out of range" if number is None else str(number)

    def _frame(self, element: int) -> str:
        return "none" if element == self._constant("no_frame") else str(self.frames.get(element, "another"))

    # Slots and what they hold.

    @cached_property
    def _slots(self) -> list[int]:
        return [s for s in range(self.refutation.structure.sizes.get("Slot", 0)) if s != self._constant("no_slot")]

    @cached_property
    def _roots(self) -> list[int]:
        """The slots whose node has no parent."""
        of, none = self._tables[f"{BEFORE} node_of"], self._constant("no_node")
        named = [slot for slot in self._slots if int(of[slot]) != none]
        return [slot for slot in named if none in self._parents(BEFORE, int(of[slot]))]

    def _numbers(self, table: str) -> dict[int, int]:
        """Numbers for the values that slots have; those of the slots that hold frames come first."""
        values = [int(self._tables[table][slot]) for slot in (*self._roots, *self._slots)]
        return {value: at for at, value in enumerate(dict.fromkeys(values))}

    @cached_property
    def spaces(self) -> dict[int, int]:
        """For each number of a space in the model the one in the scope."""
        return self._numbers("space_of_slot")

    @cached_property
    def pages(self) -> dict[int, int]:
        """For each number of a page in the model the one in the scope."""
        return self._numbers("page_of_slot")

    @cached_property
    def frames(self) -> dict[int, int]:
        """For each frame that a slot holds itself its number in the scope: that of its page, if that can be."""
        of = self._tables[f"{BEFORE} node_of"]
        held = {int(self._tables[f"{BEFORE} frame"][int(of[slot])]): slot for slot in self._roots}
        wanted = {each: self._page(slot) for each, slot in held.items() if self._space(slot) == 0}
        found = {each: page for each, page in wanted.items() if page < len(held)}
        left = iter(sorted(set(range(len(held))) - set(found.values())))
        return {**found, **{each: next(left) for each in held if each not in found}}

    def _space(self, slot: int) -> int:
        return self.spaces[int(self._tables["space_of_slot"][slot])]

    def _page(self, slot: int) -> int:
        return self.pages[int(self._tables["page_of_slot"][slot])]

    @cached_property
    def scope(self) -> Scope:
        """The smallest scope that has the slots and the frames."""
        frames = max(1, len(self.frames))
        return Scope(max(1, len(self.spaces)), max(frames, len(self.pages)), frames)

    def place(self, slot: int) -> int:
        """A slot's number in the scope."""
        return self.scope.slot(self._space(slot), self._page(slot))

    def literal(self, when: str) -> Spaces:
        """The address spaces that the nodes stand for, as far as they do."""
        of = self._tables[f"{when} node_of"]
        sigma, phys, rights = (np.full(self.scope.slots, fill, np.int64) for fill in (NIL, NIL, 0))
        none = self._constant("no_node")
        slot_of = {int(of[slot]): self.place(slot) for slot in self._slots if int(of[slot]) != none}
        for node, at in slot_of.items():
            above = self._parents(when, node)
            number = self.frames.get(int(self._tables[f"{when} frame"][node]), NIL)
            if none in above:
                sigma[at] = NIL if number == NIL else frame(number)
            elif above and above[0] in slot_of:
                sigma[at] = slot_of[above[0]]
            rights[at] = self._mask(self._tables[f"{when} rights"][node])
            phys[at] = number
        if self.binding.page_table:
            for slot in self._slots:
                phys[self.place(slot)] = self.frames.get(int(self._tables[f"{when} entry_frame"][slot]), NIL)
        return Spaces(sigma, phys, rights)

    # The call.

    @property
    def call(self) -> tuple[int, ...] | None:
        """Space and page of the source and of the destination, and rights; none if it is no whole operation."""
        role = self.binding.functions[self.refutation.obligation.function].role
        if role not in OPERATIONS:
            return None
        source = self._named("src")
        target = self._named("dst") if role != "flush" else (0, 0)
        mask = self._mask(self._tables["mask"]) if "mask" in self._tables else sum(RIGHTS.values())
        wide = bool(self._tables.get("the mask has other bits", False))
        return (*source, *target, mask | (OTHER_BITS if wide else 0))

    def _named(self, side: str) -> tuple[int, int]:
        """The numbers that name a slot, or none if one is out of range."""
        slot = self._constant(side)
        if slot in self._slots:
            return self._space(slot), self._page(slot)
        found = []
        for what, numbers, most in (
            ("space", self.spaces, self.scope.spaces),
            ("page", self.pages, self.scope.pages),
        ):
            value, bound = self._constant(f"{side}_{what}"), self._constant(f"number_of_{what}s")
            inside = min(value, bound) >= 0 and "less" in self._tables and bool(self._tables["less"][value][bound])
            found.append(numbers.get(value, 0) if inside else most)
        space, page = found
        inside = space < self.scope.spaces and page < self.scope.pages
        return (space, self.scope.pages) if inside else (space, page)

    def _mask(self, members: Sequence[bool]) -> int:
        """The set of rights; those that the model has too few of are like its last."""
        known = {name: self._constant(f"right_{name}") for name in RIGHTS}
        left = [at for at in range(len(members)) if at not in known.values()]
        given = {name: at if at >= 0 else left.pop(0) if left else len(members) - 1 for name, at in known.items()}
        return sum(bit for name, bit in RIGHTS.items() if members[given[name]])

    # In words.

    def before(self) -> Iterator[str]:
        """The structure before, a node a line, with the names of the C code's fields."""
        for node, name in self.nodes.items():
            of = self._tables[f"{BEFORE} node_of"]
            slots = [self.scope.name(self.place(slot)) for slot in self._slots if int(of[slot]) == node]
            kind = " ".join(slots) or ("free" if self._tables[f"{BEFORE} listed"][node] else "in no list")
            onward = tuple(link for link in self.links if link.startswith("next"))
            shown = tuple(self.binding.columns) if slots else onward if kind == "free" else ()
            fields = "  ".join(f"{self.binding.columns[each]} {self.field(BEFORE, each, node)}" for each in shown)
            yield f"{name}  {kind}  {fields}".rstrip()
        head = self._constant(f"{BEFORE} head")
        if head != self._constant("no_node"):
            yield f"{self.binding.globals.get('free_list', 'free list')} = {self._node(head)}"

    def changes(self) -> Iterator[str]:
        """Return the fields whose values are others after."""
        if AFTER not in self.times:
            return
        for node, name in self.nodes.items():
            for column in self.binding.columns:
                was, now = (self.field(when, column, node) for when in self.times)
                if was != now:
                    yield f"{name}.{self.binding.columns[column]}: {was} → {now}"
        for slot in self._slots:
            where = self.scope.name(self.place(slot))
            for column in ("node_of", *(("entry_frame", "entry_rights") if self.binding.page_table else ())):
                was, now = (self._of_slot(when, column, slot) for when in self.times)
                if was != now:
                    variable, member = self._called(column)
                    yield f"{variable}[{where}]{member}: {was} → {now}"
        was, now = (self._node(self._constant(f"{when} head")) for when in self.times)
        if was != now:
            yield f"{self.binding.globals.get('free_list', 'free list')}: {was} → {now}"

    def _of_slot(self, when: str, column: str, slot: int) -> str:
        value = self._tables[f"{when} {column}"][slot]
        if column == "entry_rights":
            return rights_name(self._mask(value))
        return self._node(int(value)) if column == "node_of" else self._frame(int(value))

    def _called(self, column: str) -> tuple[str, str]:
        table = self.binding.page_table
        if column == "node_of" or table is None:
            return self.binding.globals.get("node_of", "node_of"), ""
        return table.variable, f".{table.frame if column == 'entry_frame' else table.rights}"
