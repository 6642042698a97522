"""The data of a mapping database's code, as a binding says: the domain of the interpreter of C."""

from collections.abc import Iterator
from contextlib import contextmanager

import z3
from z3 import And, If, Not

from model.spaces.theory import Formula, Frame, Right, Slot, Term
from proofs.execution.llvm.interpreter import UNDEFINED, UNREACHABLE, width
from proofs.execution.llvm.program import Program
from proofs.execution.named_after import constant_after
from proofs.execution.values import Node, Rights, Truth, Value, equal, no_frame, no_slot
from proofs.obligations.c_code.arithmetic import Arithmetic
from proofs.obligations.c_code.binding import Binding
from proofs.obligations.c_code.constants import constant_held
from proofs.obligations.c_code.copying import copy_bytes, fill_bytes, in_local
from proofs.obligations.c_code.locals import Local, LocalAt, LocalError, read, size_of, write
from proofs.obligations.c_code.memory import CMemory
from proofs.obligations.c_code.state import less, page_of, pages, space_of, spaces
from proofs.obligations.c_code.values import (
    ArrayStart,
    Cell,
    Constant,
    Element,
    Out,
    RightsBits,
    Variable,
    any_number,
    described,
    written,
)

BOUNDS = "stays__in_arrays"
"""What is demanded of every index: that the array has such an element."""

IN_RANGE = "keeps__rights_in_range"
"""What is demanded of what is kept as rights: that it has no other bits."""


class CDomain(Arithmetic):
    """The data of a mapping database on a path."""

    def __init__(self, program: Program, binding: Binding, memory: CMemory) -> None:
        """Of a program, as a binding says."""
        super().__init__(binding, memory.path)
        self.program, self.memory = program, memory
        self._slots: list[tuple[Term, Term, Term]] = []
        self._reads = 0
        for what, number in (("spaces", spaces), ("pages", pages)):
            self.fits(Value(number, memory.path), width(program.globals[binding.globals[what]].type))
        self._variables = {name: what for what, name in binding.globals.items()}
        if binding.page_table:
            self._variables[binding.page_table.variable] = "page_table"
        self._variables |= dict.fromkeys(binding.by_frame, "by_frame") | dict.fromkeys(binding.loose, "ignored")

    def number_slot(self, space: Term, page: Term, slot: Term) -> Formula:
        """Say that the slot is the one with these numbers, or none if they are out of range."""
        inside = And(less(space, spaces), less(page, pages))
        numbered = And(slot != no_slot, space_of(slot) == space, page_of(slot) == page)
        self._slots.append((space, page, slot))
        return If(inside, numbered, slot == no_slot)

    def slot(self, space: object, page: object) -> Value:
        """The slot with these numbers."""
        one, other = self.count(space), self.count(page)
        for known_space, known_page, slot in self._slots:
            if known_space.eq(one) and known_page.eq(other):
                return Value(slot, self.path)
        slot = constant_after(f"slot {written(one)} {written(other)}", Slot, one, other)
        self.path.note(self.number_slot(one, other, slot))
        return Value(slot, self.path)

    # Addresses.

    def variable(self, name: str) -> object:
        """The address of a variable outside functions."""
        found = self.program.globals.get(name)
        return Constant(name) if found is not None and found.constant else Variable(name)

    def element(self, type: str, base: object, indices: tuple[object, ...]) -> object:
        """The address that a getelementptr gives."""
        if isinstance(base, ArrayStart) and len(indices) == 1:
            return self._of_array(base.name, indices[0], type)
        if isinstance(base, LocalAt):
            with self._locals():
                return in_local(self, base, type, indices)
        if isinstance(base, Constant) and type == "i8" and isinstance(indices[0], int):
            return Constant(base.name, base.offset + indices[0])
        struct, index, offset = self.structure(base)
        if type == "i8" and len(indices) == 1 and isinstance(indices[0], int):
            return Cell(struct, index, offset + indices[0])
        if type == f"%struct.{struct}" and offset == 0 and indices and isinstance(indices[0], int) and not indices[0]:
            if len(indices) == 2 and isinstance(indices[1], int):
                return Cell(struct, index, self.offset(struct, indices[1]))
            if len(indices) == 1:
                return base
        raise self.interpreter.unsupported(f"an address computed from {described(base)}: {type} {described(indices)}")

    def local(self, name: str, type: str) -> object:
        """The address of a new local, of which nothing is known."""
        with self._locals():
            return LocalAt(Local(name, size_of(self.program, type), self.interpreter.heads))

    def left(self, address: object) -> None:
        """The function of a local has ended."""
        assert isinstance(address, LocalAt)
        address.local.live = False

    def forget(self, address: object, type: str) -> bool:
        """An address holds no value any more, if it is a local's: whether it is."""
        if isinstance(address, LocalAt):
            self.store(address, UNDEFINED, type)
        return isinstance(address, LocalAt)

    @contextmanager
    def _locals(self) -> Iterator[None]:
        try:
            yield
        except LocalError as error:
            raise self.interpreter.unsupported(str(error)) from None

    def structure(self, base: object) -> tuple[str, Value, int]:
        """The struct that an address is in, the node or slot of which it is, and how many bytes in."""
        if base is None or (isinstance(base, Value) and base.term.sort() == Node):
            return self.binding.struct, Value(self.node(base), self.path), 0
        if isinstance(base, Cell):
            return base.struct, base.index, base.offset
        table = self.binding.page_table
        if isinstance(base, Element) and table and base.name == table.variable:
            return table.struct, base.index, 0
        if isinstance(base, Variable):
            raise self.interpreter.unsupported(
                f"an address in the variable {base.name}: of neither shape are nodes that are named by numbers, or "
                "heads of lists that are no nodes"
            )
        raise self.interpreter.unsupported(f"an address computed from {described(base)}")

    def offset(self, struct: str, number: int) -> int:
        """Return where the field with a number begins, if every element is a field that the debug information tells."""
        offsets = sorted(self.program.structs[struct].fields)
        if len(self.program.layouts.get(f"struct.{struct}", ())) != len(offsets):
            raise self.interpreter.unsupported(f"struct {struct}, which has bit fields or is packed")
        return offsets[number]

    def _of_array(self, name: str, index: object, type: str) -> Element:
        what = self._variables[name]
        self._whole(name, self._size(type), f"an element of {type}")
        sort = Frame if what == "by_frame" else Slot
        known = isinstance(index, Value) and index.term.sort() == sort
        place = index.term if isinstance(index, Value) and known else z3.Const(f"any {sort}: {described(index)}", sort)
        if sort == Slot and not known and not self.binding.with_role("slot_number"):
            raise self.interpreter.unsupported(
                f"an index of {name} while the binding names no function that numbers slots: put what computes it into "
                'one of space and page, with is = "slot_number" and arguments = ["space", "page"]'
            )
        nothing = no_frame if what == "by_frame" else no_slot
        if self.path.known(equal(place, nothing)) is not False:
            self.path.demand(BOUNDS, lambda: place != nothing, self.interpreter.place())
        return Element(name, Value(place, self.path))

    def _size(self, type: str) -> int:
        """How many bits a type has; 0 if it is not known."""
        struct = self.program.structs.get(type.removeprefix("%struct."))
        return (struct.size * 8 if struct else 0) if type.startswith("%") else width(type)

    def _whole(self, name: str, bits: int, what: str) -> None:
        """What is counted in, read or written is a whole element of an array: no part of one, and not several."""
        has = self.program.globals[name].pointee
        if not has or bits != has:
            said = f"elements of {has} bits" if has else "elements of which nothing tells the size"
            raise self.interpreter.unsupported(f"{what} of {name}, which has {said}")

    # Memory.

    def load(self, address: object, type: str) -> object:
        """Return the value at an address."""
        self._fits(address, type)
        if isinstance(address, Variable):
            return self._variable_held(address.name)
        if isinstance(address, Constant):
            with self._locals():
                return constant_held(self.program, address, type)
        if isinstance(address, Element) and self._variables[address.name] == "node_of":
            return self.memory.columns["node_of"][address.index]
        if isinstance(address, Element) and self._variables[address.name] in ("by_frame", "ignored"):
            return self._unknown()
        if isinstance(address, LocalAt):
            with self._locals():
                return read(address, type)
        if isinstance(address, Out):
            return address.value if address.value is not None else self._unknown()
        column, index = self._field(address, type)
        if column is None:
            self._touch(index)
            return self._unknown()
        held = self.memory.columns[column][index]
        return RightsBits(held.has, self.path) if isinstance(held, Rights) else held

    def store(self, address: object, value: object, type: str) -> None:
        """An address holds something else."""
        self._fits(address, type)
        if isinstance(address, Variable):
            self._set_variable(address.name, value)
        elif isinstance(address, Element) and self._variables[address.name] == "node_of":
            self.memory.columns["node_of"][address.index] = Value(self.node(value), self.path)
        elif isinstance(address, Element) and self._variables[address.name] in ("by_frame", "ignored"):
            return
        elif isinstance(address, LocalAt):
            with self._locals():
                write(address, value, type, self.interpreter.heads)
        elif isinstance(address, Out):
            address.value = value
        else:
            column, index = self._field(address, type)
            if column is None:
                self._touch(index)
            else:
                self.memory.columns[column][index] = self._kept(value, column, type)

    def _fits(self, address: object, type: str) -> None:
        """What is read or written at an address is all that is there, and no more."""
        if isinstance(address, Variable):
            has = self.program.globals[address.name].type
            if type != has:
                raise self.interpreter.unsupported(f"{type} read or written where the variable {address.name} is {has}")
        elif isinstance(address, Element) and self._variables[address.name] != "page_table":
            self._whole(address.name, width(type), f"{type} read or written")
        elif isinstance(address, Out) and width(type) != address.bits:
            said = f"points to {address.bits} bits" if address.bits else "points to what nothing tells the size of"
            raise self.interpreter.unsupported(f"{type} read or written by an argument that {said}")

    def _touch(self, index: Value) -> None:
        """An ignored field of a node is accessed where a bound one may be."""
        if index.term.sort() == Node:
            self.memory.columns["parent"].place(index)

    def _field(self, address: object, type: str) -> tuple[str | None, Value]:
        """The column of a field, none if it is ignored; and the node or slot."""
        struct, index, offset = self.structure(address)
        member = self.program.structs[struct].fields.get(offset)
        if member is None:
            if struct != self.binding.struct and self._between(struct, offset, width(type) // 8):
                return None, index
            raise self.interpreter.unsupported(f"an access {offset} bytes into struct {struct}, where no field begins")
        if width(type) != member.bits:
            raise self.interpreter.unsupported(
                f"{type} read or written where {struct}.{member.name} has {member.bits} bits"
            )
        return self._column(struct, member.name), index

    def _between(self, struct: str, offset: int, size: int) -> bool:
        """Whether bytes lie in a struct and in none of its fields."""
        found = self.program.structs[struct]
        inside = offset >= 0 and offset + size <= found.size
        return inside and not any(
            at < offset + size and offset < at + (member.bits + 7) // 8 for at, member in found.fields.items()
        )

    def _column(self, struct: str, name: str) -> str | None:
        table = self.binding.page_table
        if table and struct == table.struct:
            return {table.frame: "entry_frame", table.rights: "entry_rights"}.get(name)
        return next((column for column, bound in self.binding.columns.items() if bound == name), None)

    def _variable_held(self, name: str) -> object:
        what = self._variables.get(name)
        if what == "free_list":
            self.path.reads["free_list"] += 1
            return Value(self.memory.head, self.path)
        if what in ("node_of", "page_table", "by_frame"):
            return ArrayStart(name)
        if what == "spaces":
            return Value(spaces, self.path)
        if what == "pages":
            return Value(pages, self.path)
        if what in ("frames", "ignored"):
            return any_number(name, self.path) if what == "frames" else self._unknown()
        raise self.interpreter.unsupported(f"the variable {name}, which stands for nothing in the binding")

    def _set_variable(self, name: str, value: object) -> None:
        what = self._variables.get(name)
        if what == "free_list":
            self.path.writes["free_list"] += 1
            self.memory.set_head(Value(self.node(value), self.path))
        elif what != "ignored":
            raise self.interpreter.unsupported(f"a write to the variable {name}")

    # Values.

    def _unknown(self) -> Value:
        self._reads += 1
        return any_number(f"read {self._reads}", self.path)

    def _kept(self, value: object, column: str, type: str) -> Value | Rights:
        """What a column keeps of a value."""
        kind = self.memory.columns[column].kind.value
        if kind == Node:
            return Value(self.node(value), self.path)
        if kind == Right:
            bits = self.rights(value)
            if not z3.is_false(bits.wide):
                self.path.demand(IN_RANGE, lambda: Not(bits.wide), self.interpreter.place())
            return Rights(bits.has, self.path)
        return Value(self.frame(value, type) if kind == Frame else self.count(value), self.path)

    def intrinsic(self, name: str, arguments: tuple[object, ...]) -> object:
        """A function without a body: only what the compiler itself puts there is known."""
        in_locals = any(isinstance(each, LocalAt) for each in arguments)
        if name.startswith(("llvm.dbg", "llvm.lifetime")) and not in_locals:
            return None
        if name.startswith(("llvm.memset.", "llvm.memcpy.")) and arguments[3] is False:
            at, of, size, _ = arguments
            with self._locals():
                if isinstance(size, int) and name.startswith("llvm.memset.") and isinstance(of, int):
                    fill_bytes(self, at, of, size)
                    return None
                if isinstance(size, int) and name.startswith("llvm.memcpy."):
                    copy_bytes(self, at, of, size)
                    return None
        if name == "llvm.assume":
            # What is assumed must hold: else the behaviour is undefined.
            formula = arguments[0]
            if isinstance(formula, Truth):
                self.path.demand(UNREACHABLE, lambda: formula.term, self.interpreter.place())
                self.path.note(formula.term)
                return None
            if formula is True:
                return None
            if formula is False:
                self.path.demand(UNREACHABLE, lambda: z3.BoolVal(False), self.interpreter.place())
                raise self.interpreter.ended()
        raise self.interpreter.unsupported(f"a call of {name}, of which no body is known")
