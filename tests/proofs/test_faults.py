"""Every obligation can fail, and every fault is found: wrong actions, wrong beginnings, wrong operations.

``kills.json`` says for each fault which obligations refute it in the canonical dialect; it only saves time. An
obligation that it does not name is tried against every fault, and so is one whose named fault it no longer finds.
"""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from model import spaces
from model.dialect import CANONICAL, DIALECTS, Dialect, GrantedChildren, Occupied, PartialFlush
from model.invariants import INVARIANTS
from model.scope import ALL_RIGHTS, Scope
from proofs.engines.fragment import outside_of_fragment
from proofs.engines.outcome import Solvers
from proofs.engines.search import Area, search
from proofs.engines.solver import Satisfiable, Settings, discharge
from proofs.faults import INITIAL_FAULTS, THEORY_FAULTS, InitialFault, TheoryFault
from proofs.obligation import Obligation, condition_of
from proofs.obligations import registry
from proofs.verdict import Verdict

SETTINGS = Settings(solvers=Solvers.Z3)
EVERYTHING = frozenset(INVARIANTS)
FAULTS: dict[str, TheoryFault | InitialFault] = {**THEORY_FAULTS, **INITIAL_FAULTS}
KILLS: dict[str, list[str]] = json.loads(Path(__file__).with_name("kills.json").read_text("utf-8"))

# Obligations that canonical does not claim, by a dialect that proves them. Of map and grant onto a page itself
# «makes no cycle» and «loses no frame», and of A.grant against A.tree.grant, no dialect proves what is said; the audit
# shows the traces.
ELSEWHERE = {
    "grant__flushes__children": "x2-flush",
    "map__onto_itself__leaves_no_dangling_link": "literal-lazy",
    "map__onto_itself__loses_no_frame": "literal-eager",
    "grant__onto_itself__makes_no_cycle": "literal-lazy",
    "grant__onto_itself__leaves_no_dangling_link": "literal-lazy",
    "map__onto_ancestor__makes_no_cycle": "fiasco",
    "map__onto_ancestor__leaves_no_dangling_link": "fiasco",
    "map__onto_ancestor__loses_no_frame": "fiasco",
    "grant__onto_ancestor__makes_no_cycle": "fiasco",
    "grant__onto_ancestor__leaves_no_dangling_link": "fiasco",
    "grant__onto_ancestor__loses_no_frame": "fiasco",
}
NEVER_PROVED = {"map__onto_itself__makes_no_cycle", "grant__onto_itself__loses_no_frame", "grant__equals__tree_grant"}
# What holds in every state needs no action to be wrong, but an invariant to be missing.
IMPLIED = {"invariants__imply__phys_is_sigma"}

# The invariants that may be used: all of them, but for dialects that do not keep all.
KNOWN = {
    "x2-flush": EVERYTHING - {"rights_never_grow"},
    **dict.fromkeys(
        ("literal-eager", "literal-lazy"),
        frozenset({"transitive", "forest", "holds_functional", "phys_functional", "holds_injective"}),
    ),
}

_satisfiable = Satisfiable()


def dialect_of(obligation: str) -> Dialect:
    return DIALECTS[ELSEWHERE.get(obligation, "canonical")]


def known(dialect: Dialect) -> frozenset[str]:
    return KNOWN.get(dialect.name, EVERYTHING)


@cache
def verdict(fault: str, obligation: str) -> Verdict:
    """What the solver says of an obligation where the fault is in place; no fault for the empty name."""
    dialect = dialect_of(obligation)
    claimed = registry()[obligation]
    if fault:
        condition = FAULTS[fault].condition(claimed, dialect, known(dialect))
    else:
        condition = condition_of(claimed, dialect, known(dialect))
    return discharge(condition, _satisfiable, SETTINGS).verdict


def pairs(obligation: Obligation) -> Iterator[str]:
    """The faults that can matter to the obligation, those that are said to first."""
    readings = dialect_of(obligation.id).readings
    if not obligation.action:
        candidates: Iterable[str] = INITIAL_FAULTS
    else:
        candidates = [
            name
            for name, fault in THEORY_FAULTS.items()
            if fault.action == obligation.action and fault.applies(readings)
        ]
    said = [name for name in candidates if obligation.id in KILLS.get(name, ())]
    return chain(said, (name for name in candidates if name not in said))


def solved() -> list[Obligation]:
    """The obligations that a solver discharges."""
    return [
        obligation
        for obligation in registry().values()
        if not obligation.sometimes and obligation.id not in NEVER_PROVED | IMPLIED
    ]


def test_each_fault_says_what_it_is() -> None:
    assert len(FAULTS) == len(THEORY_FAULTS) + len(INITIAL_FAULTS) > 80
    for name, fault in THEORY_FAULTS.items():
        assert name == fault.name
        assert name.startswith(fault.action + "-")
        assert fault.mechanism
        assert fault.seen_in
    assert set(KILLS) <= set(FAULTS)
    assert {obligation for obligations in KILLS.values() for obligation in obligations} <= set(registry())


def test_every_obligation_is_claimed_by_the_dialect_that_it_is_tried_in() -> None:
    for obligation in registry().values():
        if obligation.id not in NEVER_PROVED and not obligation.sometimes:
            assert obligation.applies(dialect_of(obligation.id).readings), obligation.id


@pytest.mark.parametrize("obligation", [o.id for o in solved()])
def test_every_obligation_holds_and_can_fail(obligation: str) -> None:
    assert verdict("", obligation) == Verdict.PROVED
    tried = []
    for fault in pairs(registry()[obligation]):
        if verdict(fault, obligation) == Verdict.UNPROVED:
            return
        tried.append(fault)
    pytest.fail(f"no fault makes {obligation} fail; tried {', '.join(tried)}")


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_found(fault: str) -> None:
    broken = FAULTS[fault]
    if isinstance(broken, TheoryFault) and not broken.applies(CANONICAL.readings):
        elsewhere = {"map-upgrade-wrong": "fiasco", "grant-keeps-children": "x2-flush"}[fault]
        assert broken.applies(DIALECTS[elsewhere].readings)
        found = {"map-upgrade-wrong": "map__widens__no_right", "grant-keeps-children": "grant__flushes__children"}[
            fault
        ]
        dialect = DIALECTS[elsewhere]
        claimed = registry()[found]
        assert claimed.applies(dialect.readings)
        right = discharge(condition_of(claimed, dialect, known(dialect)), _satisfiable, SETTINGS)
        wrong = discharge(broken.condition(claimed, dialect, known(dialect)), _satisfiable, SETTINGS)
        assert (right.verdict, wrong.verdict) == (Verdict.PROVED, Verdict.UNPROVED)
        return
    action = broken.action if isinstance(broken, TheoryFault) else ""
    others = (o.id for o in solved() if o.action == action and o.id not in ELSEWHERE)
    for obligation in chain(KILLS.get(fault, ()), others):
        if verdict(fault, obligation) == Verdict.UNPROVED:
            return
    pytest.fail(f"no obligation finds {fault}: {broken.mechanism}")


@pytest.mark.parametrize("obligation", sorted(IMPLIED))
def test_what_invariants_imply_fails_without_some_of_them(obligation: str) -> None:
    claimed = registry()[obligation]
    right = discharge(condition_of(claimed, CANONICAL, EVERYTHING), _satisfiable, SETTINGS)
    assert right.verdict == Verdict.PROVED
    needed = {
        name
        for name in claimed.invariants
        if discharge(condition_of(claimed, CANONICAL, EVERYTHING - {name}), _satisfiable, SETTINGS).verdict
        == Verdict.UNPROVED
    }
    assert needed == {"access_ends_at_holder", "held_frame_shows", "phys_coherent"}
    assert needed <= set(right.used)


def test_faults_stay_in_the_decidable_fragment_but_for_those_that_name_a_parent() -> None:
    outside = set()
    for name, fault in THEORY_FAULTS.items():
        if fault.applies(CANONICAL.readings):
            for obligation in KILLS.get(name, ()):
                if outside_of_fragment(fault.condition(registry()[obligation], CANONICAL, EVERYTHING)):
                    outside.add(name)
    assert outside <= {"flush-stops-at-children", "map-foreign-unmap", "grant-foreign-unmap"}


# «sometimes»: with the operation broken in the literal model, the search finds no witness where it found one before.


def _refused(*_: object) -> int:
    return spaces.REFUSED


def _with(name: str, **readings: object):
    right = getattr(spaces, name)
    return lambda *arguments: right(*arguments[:-1], arguments[-1]._replace(**readings))


def _all_rights_mapped(s, src, dst, rights, d) -> int:
    return _MAP(s, src, dst, ALL_RIGHTS, d)


def _map_in_place_of_grant(s, src, dst, rights, d) -> int:
    return _MAP(s, src, dst, rights, d)


def _takes_own_page(s, x, rights, d) -> int:
    spaces.flush_below(s, x)
    spaces.clear(s, x)
    return spaces.DONE


_MAP = spaces.map_
SOMETIMES = {
    "map__sometimes__gives_access": ("canonical", "map_", _refused),
    "map__sometimes__narrows_rights": ("canonical", "map_", _all_rights_mapped),
    "map__sometimes__replaces": ("canonical", "map_", _with("map_", occupied=Occupied.REFUSED)),
    "map__sometimes__extends_rights": ("fiasco", "map_", _with("map_", occupied=Occupied.REFUSED)),
    "grant__sometimes__moves_page": ("canonical", "grant", _map_in_place_of_grant),
    "grant__sometimes__moves_children": (
        "canonical",
        "grant",
        _with("grant", granted_children=GrantedChildren.FLUSHED),
    ),
    "flush__sometimes__takes_access": ("canonical", "flush", _takes_own_page),
    "flush__sometimes__takes_some_rights": ("canonical", "flush", _with("flush", partial_flush=PartialFlush.ALL_ONLY)),
}


def test_every_obligation_of_sometimes_is_tried() -> None:
    assert set(SOMETIMES) == {obligation.id for obligation in registry().values() if obligation.sometimes}


@pytest.mark.parametrize("obligation", SOMETIMES)
def test_what_is_sometimes_so_is_not_where_the_operation_is_broken(
    obligation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialect, operation, broken = SOMETIMES[obligation]
    areas = (Area(Scope(2, 2, 2), (ALL_RIGHTS,)), Area(Scope(3, 1, 1), (ALL_RIGHTS, 4)))
    wanted = [registry()[obligation]]
    assert any(obligation in search(DIALECTS[dialect], area, wanted).traces for area in areas)
    monkeypatch.setattr(spaces, operation, broken)
    for area in areas:
        found = search(DIALECTS[dialect], area, wanted)
        assert found.complete
        assert not found.traces
