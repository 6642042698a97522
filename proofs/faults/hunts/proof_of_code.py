"""Faults of the code against the solver: broken functions, kernels and formats, executed on terms.

An obligation about code falls by a fault if the solver proves it of the code that runs, and has a counterexample with
the fault in the code.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from importlib import resources
from itertools import chain, islice
from time import perf_counter

from model.spaces.dialect import CANONICAL
from proofs.engines.smt.confirm import Confirmation
from proofs.engines.smt.outcome import Outcome, Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge, discharge_all
from proofs.execution.named_after import check_named
from proofs.faults.code.changed import CHANGED
from proofs.faults.code.costs import OF_COSTS
from proofs.faults.code.formats import CHANGES
from proofs.faults.code.locks import OF_LOCKS
from proofs.faults.code.sized import OF_SIZED
from proofs.faults.code.sized_buffers import OF_BUFFERS
from proofs.faults.code.threads import OF_THREADS_CODE
from proofs.faults.hunts.kept import Kept, kept
from proofs.faults.record import Engine, HuntEnding, HuntResult
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.kernel.units import EXECUTED_WHOLE
from proofs.obligations.source import CODE, Code
from proofs.registry import registry
from proofs.verdict import Verdict
from refinement.faults.functions import FUNCTIONS
from refinement.faults.messages import MESSAGE_FAULTS
from refinement.faults.tables_and_tags import KERNEL_FAULTS
from refinement.faults.unseen import UNSEEN

SETTINGS = Settings(solvers=Solvers.Z3, seconds=20.0, soon=0.2)
SEEDS = (1, 3, 5)
BRIEF = replace(SETTINGS, seconds=SETTINGS.soon, seeds=SEEDS)
LONG = replace(SETTINGS, seeds=SEEDS, again=8.0)


class OnlyCounterexamples(Satisfiable):
    """Whether hypotheses hold together is not asked: a counterexample shows it.

    Without one, nothing is said to be proved: an obligation falls by a counterexample alone.
    """

    def check(self, condition: Condition, settings: Settings) -> Confirmation:
        """Nothing is said against the hypotheses, and nothing for them."""
        return Confirmation(None, sentence="not asked")


_satisfiable, _only_counterexamples = Satisfiable(), OnlyCounterexamples()

DECIDED = (Verdict.PROVED, Verdict.UNPROVED, Verdict.VACUOUS)

OUTSIDE: Mapping[str, str] = {
    **dict.fromkeys(
        ("wrong-slot-unmapped", "first-tombstone"), "it computes with the numbers of slots, which terms do not have"
    ),
    **dict.fromkeys(
        ("table-freed-in-use", "refusal-too-late"),
        "the kernel's proof has page tables by their contract only; their own code is proved by itself",
    ),
    **dict.fromkeys(("tag-reused", "tag-deleted-first"), "tags change between operations only, where it is on terms"),
    "wrong-frame-entered": "it is refused: a frame's number in the scope is no physical frame, on terms",
    "depth-wrap": "its loop keeps a number, of which the loop's invariant does not speak",
    "range-in-part": "its loop remembers the first page, of which the loop's invariant does not speak",
    "rights-cached": "it remembers earlier operations, and a proof is of one",
}
"""Broken kernels that the proof is not meant for, and why."""


@dataclass(frozen=True)
class CodeFault:
    """Code that is wrong in one way.

    :param name: what it is called; that of the kernel's class, the function or the change.
    :param sentence: how it goes wrong.
    :param layer: ``kernel`` or ``machine``.
    :param subjects: how the ids of obligations begin that can notice it.
    :param make: makes the code with the fault in it, which is asked for far less often than what it is called.
    """

    name: str
    sentence: str
    layer: str
    subjects: tuple[str, ...]
    make: Callable[[], Code]

    @cached_property
    def code(self) -> Code:
        """The code with the fault in it."""
        return self.make()


_BY_FUNCTION: Mapping[str, tuple[str, ...]] = {
    "flush_step": ("flush_below__", "kernel_flush_below__"),
    "restrict_step": ("restrict_below__", "kernel_restrict_below__"),
    "tour_step": ("is_below__", "restrict_below__", "kernel_restrict_below__"),
    "is_refused": ("tree_map__", "tree_grant__", "kernel_map__", "kernel_grant__"),
    "is_emptied": ("tree_map__", "tree_grant__", "kernel_map__", "kernel_grant__"),
    "map_": ("tree_map__",),
    "grant": ("tree_grant__",),
    "flush": ("tree_flush__",),
}
"""What the obligations are called in which a function is executed, where they are not called after it."""


def _faults() -> Iterator[CodeFault]:
    for function in FUNCTIONS.values():
        subjects = _BY_FUNCTION.get(function.of, (f"{function.of}__",))
        make = partial(Code, {function.of: function.function})
        yield CodeFault(function.name, function.sentence, "kernel", subjects, make)
    for name, kernel in {**KERNEL_FAULTS, **UNSEEN}.items():
        if name not in OUTSIDE:
            layer = "machine" if kernel.layer == "buffer" else "kernel"
            yield CodeFault(name, kernel.sentence, layer, ("kernel_",), partial(Code, kernel=kernel.kernel))
    for broken in MESSAGE_FAULTS.values():
        yield CodeFault(broken.name, broken.sentence, "kernel", ("threads_",), partial(Code, messages=broken.kernel))
    for threads in OF_THREADS_CODE.values():
        yield CodeFault(threads.name, threads.sentence, "kernel", threads.subjects, threads.make)
    for of_costs in OF_COSTS.values():
        yield CodeFault(of_costs.name, of_costs.sentence, "machine", of_costs.subjects, of_costs.make)
    for of_locks in OF_LOCKS.values():
        yield CodeFault(of_locks.name, of_locks.sentence, "kernel", of_locks.subjects, of_locks.make)
    for of_sized in (*OF_SIZED.values(), *OF_BUFFERS.values()):
        yield CodeFault(of_sized.name, of_sized.sentence, "kernel", of_sized.subjects, of_sized.make)
    for each in CHANGED.values():
        yield CodeFault(each.name, each.sentence, "kernel", tuple(f"{unit}__" for unit in each.units), each.make)
    for change in CHANGES.values():
        yield CodeFault(change.name, change.sentence, change.layer, change.subjects, partial(getattr, change, "code"))


CODE_FAULTS: dict[str, CodeFault] = {fault.name: fault for fault in _faults()}
"""Every fault that is put into the code under proof, by name."""


@cache
def hints() -> Mapping[str, Sequence[str]]:
    """For a fault, obligations that fell by it before: what to try first. It decides nothing."""
    text = resources.files("proofs.faults.hunts").joinpath("code_hints.json").read_text("utf-8")
    found: dict[str, list[str]] = json.loads(text)
    return found


def judged() -> list[str]:
    """The obligations about code that the canonical dialect claims."""
    return [o.id for o in registry().values() if isinstance(o, CodeObligation) and o.applies(CANONICAL.readings)]


def expected(changes: Iterable[str], few: bool) -> list[str]:
    """The obligations that the faults will fell, if they fall by what they fell by before."""
    fell = (obligation for change in changes for obligation in hints().get(change, ())[: 1 if few else None])
    claimed = frozenset(judged())
    return [name for name in dict.fromkeys(fell) if name in claimed]


def concerns(fault: CodeFault, obligation: str) -> bool:
    """Return whether what the obligation executes can have the fault."""
    return obligation.startswith(fault.subjects)


def _verdict(obligation: str, code: Code, before: Kept | None = None) -> tuple[Verdict, str]:
    """What the solver says of the obligation about that code; code that cannot be executed on terms is an error.

    Of code with a fault, it is *proved* already where there is no counterexample, but for parts that are on no way.

    :param before: a counterexample that was found before.
    """
    wanted = registry()[obligation]
    assert isinstance(wanted, CodeObligation)
    is_judged = code is CODE or obligation.endswith(EXECUTED_WHOLE)
    try:
        conditions = wanted.conditions(CANONICAL, frozenset(), code)
        if not is_judged:
            return _told(with_fault(conditions, before)[1])
        return _told(discharge_all(conditions, _satisfiable, SETTINGS))
    except Exception as error:
        return Verdict.ERROR, f"{type(error).__name__}: {error}"


def with_fault(conditions: Iterable[Condition], before: Kept | None = None) -> tuple[int, Outcome]:
    """What is said of conditions of which one may have a counterexample; and which one it is, if one has.

    One that was found before is evaluated first, and the solver asked if it is none any more. Where it finds one, it
    mostly does in a second, with some seed: so each condition has some before the next is asked. What stayed unknown
    has more time after that.
    """
    rest, first = iter(conditions), list[Condition]()
    if before is not None:
        first = list(islice(rest, before.place + 1))
        if len(first) > before.place:
            check_named((*first[-1].hypotheses.values(), first[-1].goal))  # as the solver's conditions are
            if (model := before.in_(first[-1])) is not None:
                return before.place, Outcome(Verdict.UNPROVED, counterexample=model)
    outcome, unknown = discharge_all((), _only_counterexamples), dict[int, Condition]()
    for place, condition in enumerate(chain(first, rest)):
        outcome = discharge(condition, _only_counterexamples, BRIEF)
        if outcome.verdict == Verdict.UNKNOWN:
            unknown[place] = condition
        elif outcome.verdict != Verdict.PROVED:
            return place, outcome
    undecided: Outcome | None = None
    for place, condition in unknown.items():
        outcome = discharge(condition, _only_counterexamples, LONG)
        if outcome.verdict == Verdict.UNKNOWN:
            undecided = undecided or outcome
        elif outcome.verdict != Verdict.PROVED:
            return place, outcome
    return -1, undecided or outcome


def _told(outcome: Outcome) -> tuple[Verdict, str]:
    return outcome.verdict, outcome.reason


def _falls(obligation: str, verdict: Verdict) -> bool:
    """Whether the solver has a counterexample; or a part of the code is on no way, where all is to be on some."""
    on_no_way = verdict == Verdict.VACUOUS and obligation.endswith(f"__{EXECUTED_WHOLE}")
    return verdict == Verdict.UNPROVED or on_no_way


def falls(obligation: str, code: Code) -> bool:
    """Whether an obligation falls by that code, as a hunt judges it."""
    return _falls(obligation, _verdict(obligation, code)[0])


_unbroken: dict[str, Verdict] = {}
"""What was decided of obligations about the code that runs."""


def unproved(obligation: str) -> str:
    """Why the obligation is not proved of the code that runs; empty if it is. What was not decided is asked again."""
    verdict, why = _unbroken.get(obligation), ""
    if verdict is None:
        verdict, why = _verdict(obligation, CODE)
        if verdict in DECIDED:
            _unbroken[obligation] = verdict
    return "" if verdict == Verdict.PROVED else f"{obligation}: not proved without the fault: {verdict.value} {why}"


def proved_among(obligations: Iterable[str]) -> tuple[str, ...]:
    """Those of some obligations that are proved of the code that runs."""
    return tuple(name for name in obligations if unproved(name) == "")


def find(change: str, whole: bool = False, few: bool = False, proved: frozenset[str] = frozenset()) -> HuntResult:
    """Try obligations until one falls, and all that were hinted at.

    :param whole: try every one.
    :param few: stop at the first that falls.
    :param proved: obligations that are known to be proved of the code that runs; the others are, where they fall.
    """
    begun = perf_counter()
    fault = CODE_FAULTS[change]
    first = hints().get(change, ())
    possible = [name for name in judged() if concerns(fault, name)]
    fell, unknown = list[str](), list[str]()
    for name in (*(n for n in first if n in possible), *(n for n in possible if n not in first)):
        if fell and not whole and (few or name not in first):
            break
        verdict, reason = _verdict(name, fault.code, kept(change, name))
        if _falls(name, verdict):
            if name not in proved and (why := unproved(name)):
                unknown.append(why)
            else:
                fell.append(name)
        elif verdict != Verdict.PROVED:
            unknown.append(f"{name}: {verdict.value} {reason}")
    seconds = perf_counter() - begun
    if fell:
        return HuntResult(Engine.CODE, change, HuntEnding.KILLED, tuple(fell), said=sentence(fell[0]), seconds=seconds)
    if unknown:
        return HuntResult(Engine.CODE, change, HuntEnding.ERROR, said="; ".join(unknown[:3]), seconds=seconds)
    return HuntResult(Engine.CODE, change, HuntEnding.SURVIVED, said="no obligation falls", seconds=seconds)


def sentence(obligation: str) -> str:
    """Return the sentence of an obligation that fell."""
    return f"{obligation}: {registry()[obligation].sentence}"


def find_for(obligation: str) -> HuntResult | None:
    """The first fault by which an obligation falls; its finding names the obligation. None if there is none.

    Where it falls by none, but that stayed undecided for some, or it is not proved without a fault, the finding is an
    error.
    """
    begun = perf_counter()

    def found(name: str, why: str = "") -> HuntResult:
        ending, fell = (HuntEnding.ERROR, ()) if why else (HuntEnding.KILLED, (obligation,))
        return HuntResult(Engine.CODE, name, ending, fell, said=why, seconds=perf_counter() - begun)

    if why := unproved(obligation):
        return found("", why)
    unknown: HuntResult | None = None
    said = [name for name, obligations in hints().items() if obligation in obligations]
    for name in dict.fromkeys((*said, *CODE_FAULTS)):
        fault = CODE_FAULTS.get(name)
        if fault is None or not concerns(fault, obligation):
            continue
        verdict, why = _verdict(obligation, fault.code, kept(name, obligation))
        if _falls(obligation, verdict):
            return found(name)
        if verdict not in DECIDED:
            unknown = found(name, f"{obligation}: {verdict.value} {why}")
    return unknown
