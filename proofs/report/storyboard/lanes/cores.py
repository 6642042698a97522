"""From a trace of many cores to its storyboard: what each core remembers and owes, and what the kernel's tables say."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from model.cores.invariants import ALIKE
from model.cores.readings import Flush
from model.cores.scope import CoreScope
from model.cores.trace import CoreTrace, step_words
from model.spaces.abstraction import AFTER
from model.spaces.dialect import CANONICAL
from model.spaces.operation import Operation
from proofs.engines.search.executed import first_tables
from proofs.engines.search.theory_search import replay_theory
from proofs.faults.hunts.cores import theory_of_trace
from proofs.faults.theory.cores import CORE_FAULTS
from proofs.obligations.cores.inventory import of_protocol
from proofs.report.storyboard.lanes.lanes import LaneBoard, LaneState, LaneStep

KERNEL = ("clear", "finish", "install", "retire", "assign")
"""The actions of the kernel, which no core's lane shows."""


def core_board(trace: CoreTrace) -> LaneBoard:
    """The storyboard of a trace of many cores.

    :raises ValueError: it names a fault that it cannot be replayed with, or a step of it is not possible.
    """
    theory, scope = theory_of_trace(trace), trace.scope
    batch = trace.resolved().readings.flush == Flush.BATCH
    _, tables, _ = first_tables(theory, scope)
    states = [{name: table[0] for name, table in tables.items()}]
    for number, (possible, structure) in enumerate(replay_theory(CANONICAL, theory, scope, trace.operations), 1):
        if not possible:
            raise ValueError(f"step {number}, {step_words(trace.operations[number - 1])}, is not possible there")
        states.append({name: structure.symbols[name + AFTER][0] for name in tables})
    last = len(trace.operations)
    alike = trace.obligation.endswith(ALIKE)
    steps = []
    for number, state in enumerate(states):
        operation = trace.operations[number - 1] if number else None
        told = number == last and bool(trace.obligation)
        lanes = [LaneState(tuple(_kernel(state, scope, batch)))]
        for core in range(scope.cores):
            wrong = told and any(_misused(state, scope, core, alike))
            lanes.append(LaneState(tuple(_core(state, scope, core, batch)), wrong))
        findings = tuple(_findings(trace)) if told else ()
        title = step_words(operation) if operation else "at first"
        steps.append(LaneStep(number, _actor(operation), title, tuple(lanes), findings))
    return LaneBoard(trace.shows or f"protocol {trace.protocol}", tuple(_about(trace)), _names(scope), tuple(steps))


def _names(scope: CoreScope) -> tuple[str, ...]:
    return ("kernel", *(f"core {core}" for core in range(scope.cores)))


def _about(trace: CoreTrace) -> Iterator[str]:
    yield f"Protocol {trace.protocol}: {trace.resolved().sentence}; {trace.scope}."
    if trace.fault:
        yield f"The fault {trace.fault}: {CORE_FAULTS[trace.fault].mechanism}."


def _findings(trace: CoreTrace) -> Iterator[str]:
    about = of_protocol(trace.resolved()).get(trace.obligation)
    yield f"{trace.obligation} does not hold: {about.sentence}" if about else f"{trace.obligation} does not hold"


def _actor(operation: Operation | None) -> int:
    core = None if operation is None or operation.action in KERNEL else operation.value("core")
    return 1 + core if isinstance(core, int) else 0


def _slot(space: Any, page: Any) -> str:
    return f"σ{space}[{page}]"


def _kernel(state: Any, scope: CoreScope, batch: bool) -> Iterator[str]:
    """What the database, the page tables, masks and tags say."""
    for space, page in np.ndindex(scope.spaces, scope.pages):
        slot, entry = _slot(space, page), np.flatnonzero(state["entry"][space, page])
        allowed = np.flatnonzero(state["auth"][space, page])
        if len(allowed) or len(entry):
            yield f"{slot}: database {_frames(allowed)}, entry {_frames(entry)}"
        if state["busy"][space, page] or state["asked"][space, page]:
            due = f", due with generation {state['due'][space, page]}" if batch else ""
            asked = ", cores told" if state["asked"][space, page] else ""
            yield f"{slot} is being taken{asked}{due}"
    for space in range(scope.spaces):
        tags = np.flatnonzero(state["tagged"][space])
        said = f"tag {', '.join(map(str, tags))}" if len(tags) else "no tag"
        mask = np.flatnonzero(state["may"][space])
        if batch:
            yield f"σ{space}: {said}, generation {state['now'][space]}"
        else:
            yield f"σ{space}: {said}, mask {', '.join(f'core {c}' for c in mask) or 'empty'}"


def _frames(frames: Any) -> str:
    return ", ".join(f"frame {frame}" for frame in frames) or "nothing"


def _core(state: Any, scope: CoreScope, core: int, batch: bool) -> Iterator[str]:
    """Where the core executes, what it remembers, and what it owes."""
    for space in np.flatnonzero(state["runs"][core]):
        tags = ", ".join(f"tag {tag}" for tag in np.flatnonzero(state["under"][core])) or "no tag"
        seen = f", has seen generation {state['seen'][core, space]}" if batch else ""
        yield f"executes in σ{space} under {tags}{seen}"
    for tag, page, frame in np.argwhere(state["tlb"][core]):
        owners = np.flatnonzero(state["tagged"][:, tag])
        slots = ", ".join(_slot(space, page) for space in owners) or f"page {page} of tag {tag}, which no space has"
        yield f"remembers {slots}: frame {frame}"
    for space, page in np.argwhere(state["owed"][:, :, core]):
        fenced = ", and has forgotten it" if state["fenced"][space, page, core] else ""
        yield f"owes an answer for {_slot(space, page)}{fenced}"
    clean = np.flatnonzero(state["clean"][:, core])
    if len(clean):
        yield f"has wiped {', '.join(f'tag {tag}' for tag in clean)}"


def _misused(state: Any, scope: CoreScope, core: int, alike: bool) -> Iterator[bool]:
    """For each translation that the core can use, whether it should not."""
    for tag, page, frame in np.argwhere(state["tlb"][core]):
        for space in np.flatnonzero(state["tagged"][:, tag]):
            others = state["tlb"][:, tag, page].any(axis=0)
            yield bool(others.sum() > 1) if alike else not state["auth"][space, page, frame]
