"""The strength of obligations about code: for each part of a demand a fault that falls by this part alone.

What is demanded is a conjunction. Where a fault falls by one of its parts and by no other, the demand without that part
would let the fault through. The witnesses are kept in ``strength.json``, with the faults that were tried; a test finds
each of them again. Obligations that are not in it, and faults that came later, were not searched;
``.ci/search_strength.py`` searches them.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import z3

from model.running.z3_terms import conjuncts, implication, operands
from model.spaces.dialect import CANONICAL
from model.spaces.theory import Formula
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.execution.path import conjunction
from proofs.execution.values import DISTINCT
from proofs.faults.hunts.proof_of_code import CODE_FAULTS, SETTINGS, concerns, hints, judged
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.kernel.units import EXECUTED_WHOLE
from proofs.obligations.source import CODE, Code
from proofs.registry import registry
from proofs.verdict import Verdict

NEXT = ",\n"
FILE = Path(__file__).with_name("strength.json")

Way = tuple[Formula | None, list[Formula]]
"""A way through the code, if it is one, and the parts of what is demanded there."""


@dataclass(frozen=True, slots=True)
class Strength:
    """A fault that shows the strength of an obligation.

    :param parts: how many parts its demand has.
    :param alone: for a part, by number, a fault that falls by it and by no other part.
    """

    parts: int
    alone: Mapping[int, str]

    @property
    def without(self) -> list[int]:
        """The parts that no fault falls by alone."""
        return [number for number in range(self.parts) if number not in self.alone]


def parts(conditions: Iterable[Condition]) -> list[list[Condition]]:
    """For each part of what is demanded the conditions that would prove it alone.

    Conditions with the same hypotheses about the same ways through the code demand different things; conditions that
    differ in these demand the same of different ways.
    """
    found: list[list[Condition]] = []
    used: dict[tuple[object, ...], int] = {}
    for condition in conditions:
        ways = _ways(condition)
        case = (
            frozenset(formula.get_id() for formula in condition.hypotheses.values()),
            frozenset(way.get_id() if way is not None else None for way, _ in ways),
        )
        first = used.get(case, 0)
        for place in range(max(len(demanded) for _, demanded in ways)):
            goals = [
                demanded[place] if way is None else z3.Implies(way, demanded[place])
                for way, demanded in ways
                if place < len(demanded)
            ]
            while len(found) <= first + place:
                found.append([])
            found[first + place].append(replace(condition, goal=conjunction(goals)))
            used[case] = first + place + 1
    return found


def _ways(condition: Condition) -> list[Way]:
    """The ways through the code that a condition speaks of, with the parts of what is demanded on each."""
    each = [implication(one) or (None, one) for one in operands(condition.goal)]
    ways = [(way, conjuncts(one)) for way, one in each]
    if DISTINCT.keys() <= condition.hypotheses.keys():
        return ways
    # It was not made of paths, so that what it says of one case is not what it says of the next.
    return [(None, [part if way is None else z3.Implies(way, part) for way, some in ways for part in some])]


def failing(obligation: str, code: Code, at_most: int | None = None) -> frozenset[int] | None:
    """The parts of a demand that have a counterexample in some code; nothing if one of them is undecided.

    Nothing as well where the demand has another number of parts than of the code that runs, or more of them fail than
    are allowed.
    """
    try:
        found = parts(_conditions(obligation, code))
    except Exception:  # whatever keeps it from being executed on terms
        return None
    if len(found) != number_of_parts(obligation):
        return None
    satisfiable, fell = Satisfiable(), set()
    for number, conditions in enumerate(found):
        verdict = discharge_all(conditions, satisfiable, SETTINGS).verdict
        if verdict == Verdict.UNPROVED:
            fell.add(number)
            if at_most is not None and len(fell) > at_most:
                return None
        elif verdict != Verdict.PROVED:
            return None
    return frozenset(fell)


def _conditions(obligation: str, code: Code) -> Iterable[Condition]:
    wanted = registry()[obligation]
    assert isinstance(wanted, CodeObligation)
    return wanted.conditions(CANONICAL, frozenset(), code)


@cache
def number_of_parts(obligation: str) -> int:
    """Return how many parts the demand has, of the code that runs."""
    return len(parts(_conditions(obligation, CODE)))


def in_parts() -> list[str]:
    """The obligations whose demand has parts; that all is executed is one demand, however many places there are."""
    return [name for name in judged() if not name.endswith(f"__{EXECUTED_WHOLE}")]


def search(obligation: str, faults: Collection[str] = tuple(CODE_FAULTS)) -> Strength:
    """Look for a witness of each part among some faults; those that the obligation noticed before are tried first."""
    alone: dict[int, str] = {}
    number = number_of_parts(obligation)
    for fault in _tried(obligation):
        if len(alone) == number:
            break
        if fault not in faults:
            continue
        fell = failing(obligation, CODE_FAULTS[fault].code, at_most=1)
        if fell:
            alone.setdefault(min(fell), fault)
    return Strength(number, dict(sorted(alone.items())))


def _tried(obligation: str) -> Iterator[str]:
    said = [name for name, obligations in hints().items() if obligation in obligations]
    for name in dict.fromkeys((*said, *CODE_FAULTS)):
        fault = CODE_FAULTS.get(name)
        if fault is not None and concerns(fault, obligation):
            yield name


@dataclass(frozen=True, slots=True)
class StrengthResult:
    """The result of such a search, and what was searched.

    :param faults: the faults that were tried.
    :param found: by obligation, for each that was searched.
    """

    faults: frozenset[str]
    found: Mapping[str, Strength]

    def written(self) -> str:
        """As it is kept: an obligation a line, in the registry's order."""
        found = [
            f"  {json.dumps(name)}: {json.dumps({'parts': each.parts, 'alone': each.alone})}"
            for name in in_parts()
            if (each := self.found.get(name))
        ]
        faults = json.dumps(sorted(self.faults))
        return f'{{\n "faults": {faults},\n "found": {{\n{NEXT.join(found)}\n }}\n}}\n'


@cache
def read_strength() -> StrengthResult:
    """Read what the file keeps."""
    told = json.loads(FILE.read_text("utf-8"))
    found = {
        name: Strength(each["parts"], {int(number): fault for number, fault in each["alone"].items()})
        for name, each in told["found"].items()
    }
    return StrengthResult(frozenset(told["faults"]), found)
