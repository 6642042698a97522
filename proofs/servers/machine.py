"""A description executed on the kernel and the simulated machine: a program per thread that follows its rules.

The programs are drawn from the description: each thread does what the rules of its space allow, and one of an outsider
anything. Every step is taken by the theory, by the literal model, and by the kernel on its machine, which must agree.
After it the guarantees, and what such a step ensures, are asked of what the machine shows: frames that loads and stores
reach, words that stand in them, and the kernel's thread control blocks. So a guarantee is seen where no proof looks,
and a broken one fails there.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from z3 import And, BoolVal

from machine import tlb
from machine.events import EXECUTE, READ, WRITE
from machine.formats import SV39
from model.messages.abstraction import structure_of
from model.messages.operation import Kind, Operation
from model.messages.scope import MessageScope
from model.messages.vocabulary import p
from model.running.evaluate import Structure, compile_term
from model.scope import RIGHTS
from model.servers.description import ghosts_of, symbols_in
from model.servers.theory import SubsystemTheory
from model.signature import Symbol, fresh
from model.spaces.abstraction import AFTER
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE
from proofs.engines.search.random_runs import NoBeginningError, Taken, Walker
from proofs.servers.runs import near
from refinement.messages.abstraction import shown
from refinement.messages.lockstep import MessageLockstep, boot

SCOPE = MessageScope(6, 3, 3, threads=8, ids=8, words=8, booted=6, hardware=1, ports=1, common=5)
TRIES = 1 << 14  # ways to choose the description's constants, of which one is to be a beginning
_COUNTED = ("actor", "other", "word", "src", "dst", "frame", "into", "paged_by")
_SETS = ("willing", "opens", "keeps")
_ACCESSES = (READ, WRITE, EXECUTE)  # the rights r, w and x, in the order of the model's


@dataclass(frozen=True, slots=True)
class MachineRun:
    """The observations of a run on the machine.

    :param moves: the rules and actions that were taken.
    :param violated: the guarantees that the machine's state violates at the end, or its last step.
    :param differing: what differs between theory, model, kernel and machine at the end.
    """

    moves: tuple[str, ...]
    violated: tuple[str, ...]
    differing: tuple[str, ...]


class OnMachine:
    """A subsystem among others, on a kernel that has just been booted.

    :raises NoBeginningError: the description's constants cannot be chosen so that it begins there.
    """

    def __init__(self, of: SubsystemTheory, scope: MessageScope = SCOPE, seed: int = 0) -> None:
        """Boot the machine, and choose the constants of the description."""
        self.of, self.scope = of, scope
        self._source = np.random.default_rng(seed)
        self._boot(serving=1)
        begun = self._begun()
        if begun is None:
            self._boot(serving=0)
            begun = self._begun()
        if begun is None:
            raise NoBeginningError(f"{of.name}: it begins in no way that was tried on a machine of {scope}")
        self.state = begun
        checked = [name for name in of.guarantees if name in of.theory.invariants]
        costs = {move: _COSTS[action] for move, action in of.actions.items() if action in _COSTS}
        self._walker = Walker(
            of.running, CANONICAL, self.state.sizes, checked, near, costs, given=self.state, fits=self._fits
        )
        self._ensured = _compiled(of)
        self._counts: Counter[str] = Counter()

    def _boot(self, serving: int) -> None:
        """Boot the machine, with a thread that serves the interrupts: in a space of its own, or that of σ₀."""
        scope = self.scope
        self.lock = MessageLockstep(boot(scope, format=SV39, buffer=tlb.riscv_asid))
        self.lock.programs.known = [int(words) for words in self.lock.state.known]  # what all know from the first
        for line in range(scope.booted, scope.booted + scope.hardware):
            self.lock.do(Operation(Kind.ASSOCIATE, actor=serving, other=line))

    def run(self, steps: int, script: Sequence[str] = ()) -> MachineRun:
        """So many steps, each by the program of some thread, until something is violated or differs.

        :param script: moves to take in turn, over and over, each as soon as it is possible: those of an attack.
        """
        moves: list[str] = []
        wanted = 0
        before = self.seen()
        for _ in range(steps):
            taken = self.step(script[wanted % len(script)] if script else "")
            if taken is None:
                continue
            wanted += taken.action in script[wanted % len(script) :][:1] if script else 0
            moves.append(taken.action)
            after = self.seen()
            violated = (*self._walker.broken(after), *self._not_ensured(taken, before, after))
            before = after
            differing = self._differing
            if violated or differing:
                return MachineRun(tuple(moves), violated, differing)
        return MachineRun(tuple(moves), (), ())

    def step(self, first: str = "") -> Taken | None:
        """The next step of one thread's program, on all; none if the program waits, or the kernel has no room.

        :param first: a move that is taken if some program can.
        """
        taken = self._walker.step(self.state, self._counts, self._source, first)
        if taken is None:
            return None
        found = self.lock.do(self._operation(taken))
        self._differing = tuple(f"{each.check}: {each.message}" for each in found)
        if self.lock.status != DONE and not self._differing:
            return None  # a kernel has fewer blocks than the theory has threads
        self.state = taken.after
        self._counts[taken.action] += 1
        self._differing += self._against_theory()
        return taken

    def _not_ensured(self, taken: Taken, before: Structure, after: Structure) -> tuple[str, ...]:
        """What the step was to ensure, and does not, of the states that the machine shows."""
        later = {name + AFTER: table for name, table in after.symbols.items()}
        step = taken.called.with_symbols(**before.symbols, **later)
        return tuple(name for name, holds in self._ensured.get(taken.action, {}).items() if not holds(step)[0])

    def seen(self) -> Structure:
        """The state as the machine shows it; what no kernel keeps, such as history and ghosts, as the theory has it."""
        programs, tables = self.lock.programs, dict(self.state.symbols)
        phys, right = np.zeros_like(tables["phys"]), np.zeros_like(tables["right"])
        for slot, frame, access in programs.reached():
            phys[0, slot, frame] = True
            right[0, slot, _ACCESSES.index(access)] = True
        words = np.arange(self.scope.words)
        blocks = shown(self.lock.kernel)
        tables |= {
            "phys": phys,
            "right": right,
            "contains": (np.array(programs.contents())[None, :, None] >> words & 1) != 0,
            "has": (np.array(programs.known)[None, :, None] >> words & 1) != 0,
            "awaits": (blocks["awaits"][None, :, None] >> np.arange(self.scope.ids) & 1) != 0,
            "window": (blocks["window"][None, :, None] >> np.arange(self.scope.slots) & 1) != 0,
        }
        return Structure(1, self.state.sizes, tables)

    # Theory and model.

    def _model(self) -> Structure:
        return structure_of([self.lock.row], self.scope)

    def _against_theory(self) -> tuple[str, ...]:
        """The relations of which the literal model says otherwise than the theory."""
        model, ours = self._model().symbols, dict(self.state.symbols)
        live = model["live"][..., None]
        model["right"], ours["right"] = model["right"] & live, ours["right"] & live  # of a page that is not there, any
        names = [name for name in model if name in ours and name != "holder"]
        return tuple(f"theory: {name}" for name in names if not np.array_equal(model[name], ours[name]))

    def _operation(self, taken: Taken) -> Operation:
        """The call as the literal model and the kernel are given it."""
        call = taken.called.symbols
        sets = {name: sum(1 << int(n) for n in np.flatnonzero(call[name][0])) for name in _SETS}
        sets["rights"] = sum(bit for bit, asked in zip(RIGHTS.values(), call["mask"][0], strict=True) if asked)
        numbers = {name: int(call[name][0]) for name in _COUNTED}
        return Operation(Kind[self.of.actions[taken.action].upper()], **numbers, **sets)

    def _fits(self, move: str, calls: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """A thread waits for one, anybody or nobody, at one slot; every page can be read, or is not there."""
        some, reading = calls["willing"].sum(axis=1), calls["mask"][:, 0]
        action = self.of.actions[move]
        rights = {"flush": calls["mask"].all(axis=1) | ~reading, "send_map": reading, "send_grant": reading}
        plain = ((some <= 1) | (some == self.scope.ids)) & (calls["opens"].sum(axis=1) <= 1)
        found: NDArray[Any] = plain & rights.get(action, np.ones_like(plain))
        return found

    def _begun(self) -> Structure | None:
        """The booted state with values of the description's own symbols, none of them empty, so that it begins."""
        base = self._model()
        own = symbols_in(self.of.kind)
        sizes = {
            **base.sizes,
            **{s.name(): 2 for each in own.values() for s in _sorts(each) if s.name() not in base.sizes},
        }
        tables = {name: np.broadcast_to(table, (TRIES, *table.shape[1:])) for name, table in base.symbols.items()}
        for name, symbol in own.items():
            shape = (TRIES, *(sizes[sort.name()] for sort in symbol.sorts))
            if name in ghosts_of(self.of.kind):
                tables[name] = np.zeros(shape, bool)
            elif symbol.is_relation:
                tables[name] = self._source.random(shape) < 0.4
            else:
                tables[name] = self._source.integers(0, sizes[symbol.result.name()], shape)
        batch = Structure(TRIES, sizes, tables)
        before = self.of.theory.before
        begins = And(BoolVal(True), *self.of.beginning(before).values())
        relied = And(BoolVal(True), *(each.formula(before) for each in self.of.relied.values()))
        possible = np.flatnonzero(compile_term(And(begins, relied))(batch) & self._lively(batch, own))
        if not possible.size:
            return None
        row = int(possible[0])
        return Structure(1, sizes, {name: np.array(table[row : row + 1]) for name, table in tables.items()})

    def _lively(self, batch: Structure, own: Mapping[str, Symbol]) -> NDArray[Any]:
        """Some element has each of the description's properties, and some space is an outsider's."""
        found = np.ones(batch.batch, bool)
        for name, symbol in own.items():
            if symbol.is_relation and len(symbol.sorts) == 1 and name not in ghosts_of(self.of.kind):
                found &= batch.symbols[name].any(axis=1)
        seen = self.of.seen(self.of.theory.before)
        members = compile_term(seen.members(p), [p])(batch)
        return found & ~members.all(axis=1)


def _compiled(of: SubsystemTheory) -> dict[str, dict[str, Callable[[Structure], NDArray[Any]]]]:
    """For each move what its steps ensure, compiled: of a state, a call, and a state after."""
    before, found = of.theory.before, dict[str, dict[str, Callable[[Structure], NDArray[Any]]]]()
    later = fresh(type(before), AFTER)
    for name, ensured in of.ensured.items():
        for move in ensured.moves:
            goal = ensured.goal(before, later, of.theory.actions[move](CANONICAL).called)
            found.setdefault(move, {})[name] = compile_term(And(BoolVal(True), goal))
    return found


def _sorts(symbol: Symbol) -> Sequence[Any]:
    return [sort for sort in (*symbol.sorts, symbol.result) if sort.name() != "Bool"]


_COSTS = {"end": 40.0, "timeout": 20.0, "flush": 8.0, "create": 20.0, "think": 8.0, "interrupt": 4.0}
