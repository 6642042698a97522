"""The explorer's counts and depths of violations, against a plain search and to the digit."""

from collections.abc import Callable
from typing import Any

import pytest

from model.scope import Scope
from model.spaces import literal as spaces
from model.spaces.dialect import CANONICAL, CONDITIONS, DIALECTS, Dialect, OwnPage, dialect_named
from proofs.explorer.case import Case
from proofs.explorer.counting import forests
from proofs.explorer.explore import UnconfirmedError, explore, shortest_trace, trace_to
from proofs.explorer.result import SearchEnd
from proofs.explorer.states.forest import is_forest_dialect
from proofs.explorer.states.properties import STATE_IDS

NAMES = [*DIALECTS, *(f"canonical without {c.name}" for c in CONDITIONS)]
FORESTS = [name for name in NAMES if is_forest_dialect(dialect_named(name).readings)]
BITMAP = [*FORESTS, "own page included"]


def counts(result: Any) -> dict[str, object]:
    return {
        "states": result.states,
        "transitions": result.transitions,
        "layers": result.layers,
        "violated": {v.property: len(v.trace.operations) for v in result.violations},
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scope", [Scope(2, 1, 1), Scope(3, 1, 1)], ids=str)
def test_every_dialect_agrees_with_a_plain_search(
    name: str, scope: Scope, plain_search: Callable[..., dict[str, object]]
) -> None:
    result = explore(scope, dialect_named(name))
    assert result.engine == "literal set"
    assert result.complete
    assert counts(result) == plain_search(scope, dialect_named(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scope", [Scope(2, 2, 1), Scope(2, 2, 2), Scope(4, 1, 1)], ids=str)
def test_every_dialect_agrees_with_a_plain_search_of_four_slots(
    name: str, scope: Scope, plain_search: Callable[..., dict[str, object]]
) -> None:
    assert counts(explore(scope, dialect_named(name))) == plain_search(scope, dialect_named(name))


QUICK = ("tree", "x2-flush", "nova", "own page included")  # each compiles a kernel of its own


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in BITMAP])
def test_the_bitmap_agrees_with_a_plain_search(name: str, plain_search: Callable[..., dict[str, object]]) -> None:
    scope = Scope(2, 2, 2)
    included = CANONICAL.readings._replace(own_page=OwnPage.INCLUDED)
    dialect = dialect_named(name) if name in FORESTS else Dialect(name, "", included)
    result = explore(scope, dialect, properties=STATE_IDS)
    assert result.engine == "bitmap"
    assert counts(result) == plain_search(scope, dialect, steps=False)


@pytest.mark.parametrize("name", ["canonical", "tree", "x2-keep", "fiasco"])
@pytest.mark.parametrize("rights", ["rw", "rwx"])
def test_rights_agree_with_a_plain_search(
    name: str, rights: str, plain_search: Callable[..., dict[str, object]]
) -> None:
    scope = Scope(2, 1, 1)
    assert counts(explore(scope, dialect_named(name), rights)) == plain_search(scope, dialect_named(name), rights)


@pytest.mark.slow
@pytest.mark.parametrize("scope", [Scope(2, 1, 1), Scope(3, 1, 1)], ids=str)
@pytest.mark.parametrize("rights", ["rw", "rwx"])
@pytest.mark.parametrize("name", NAMES)
def test_rights_agree_with_a_plain_search_for_every_dialect(
    name: str, rights: str, scope: Scope, plain_search: Callable[..., dict[str, object]]
) -> None:
    assert counts(explore(scope, dialect_named(name), rights)) == plain_search(scope, dialect_named(name), rights)


# Spaces, pages, frames: transitions, and the greatest distance of a state. The states are given by a closed form.
TREE = {
    (2, 2, 1): (2_744, 4),
    (2, 2, 2): (9_352, 5),
    (3, 2, 1): (768_372, 6),
    (3, 2, 2): (2_794_044, 7),
    (2, 3, 2): (2_794_044, 7),
    (2, 3, 3): (7_280_856, 7),
    (7, 1, 1): (15_934_828, 7),
}
LARGE = {(4, 2, 1): (372_997_200, 8), (4, 2, 2): (1_393_105_200, 9)}


@pytest.mark.long
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("size", [(3, 2, 1), (3, 2, 2)])
def test_counts_to_the_digit(size: tuple[int, int, int], threads: int) -> None:
    scope = Scope(*size)
    result = explore(scope, dialect_named("tree"), properties=["no-cycle"], threads=threads)
    assert (result.states, result.transitions, result.depth) == (forests(scope.slots, scope.frames), *TREE[size])
    assert result.verdict is SearchEnd.EXHAUSTED
    assert result.engine == "bitmap"


@pytest.mark.slow
@pytest.mark.parametrize("size", [*TREE, *LARGE])
def test_large_counts_to_the_digit(size: tuple[int, int, int]) -> None:
    scope = Scope(*size)
    result = explore(scope, dialect_named("tree"), properties=["no-cycle"])
    assert (result.states, result.transitions, result.depth) == (
        forests(scope.slots, scope.frames),
        *(TREE | LARGE)[size],
    )


@pytest.mark.long
def test_the_engines_agree() -> None:
    scope = Scope(3, 2, 2)
    literal = explore(scope, CANONICAL)
    by_set = explore(scope, CANONICAL, properties=STATE_IDS, symmetry="none", memory=10**8)
    assert by_set.engine == "bitmap"
    assert counts(literal) == counts(by_set)
    assert literal.states == 20_670


@pytest.mark.long
def test_a_search_cut_short_never_reads_like_a_full_one() -> None:
    for properties in (["no-cycle"], None):
        result = explore(Scope(3, 2, 1), CANONICAL, properties=properties, max_states=100)
        assert not result.complete
        assert result.verdict is SearchEnd.TRUNCATED
        assert "more than 100 states" in result.reason
        assert result.verdict.exit_status == 3


def test_a_violation_is_one_even_if_the_search_is_cut_short() -> None:
    result = explore(Scope(3, 2, 1), dialect_named("tree"), max_states=100)
    assert result.verdict is SearchEnd.VIOLATED
    assert not result.complete


def test_a_violation_without_room_for_its_trace_is_still_one() -> None:
    result = explore(Scope(2, 2, 2), dialect_named("tree"), properties=STATE_IDS, memory=400, threads=1)
    assert result.verdict is SearchEnd.VIOLATED
    assert result.violations == ()
    assert result.reason == "no room to find a trace to no-frame-lost"


def test_what_does_not_fit_is_refused() -> None:
    result = explore(Scope(4, 4, 4), dialect_named("literal-eager"))
    assert result.verdict is SearchEnd.REFUSED
    assert "144 bits" in result.reason
    assert result.states == 0
    assert result.verdict.exit_status == 2
    result = explore(Scope(2, 2, 1), CANONICAL, memory=100)
    assert result.verdict is SearchEnd.REFUSED


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rights": "all"}, "none, rw or rwx"),
        ({"properties": ["no-cycles"]}, "there is no property 'no-cycles'"),
        ({"max_states": 0}, "at least one state"),
        ({"threads": 0}, "at least one thread"),
        ({"memory": -1}, "needs memory"),
        ({"memory": 1 << 60}, "ask for less"),
        ({"symmetry": "spaces"}, "there is no symmetry"),
    ],
)
@pytest.mark.parametrize("name", ["canonical", "literal-lazy"])
def test_nonsense_is_refused_with_a_lesson(
    name: str, arguments: dict[str, int] | dict[str, list[str]] | dict[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        explore(Scope(2, 1, 1), dialect_named(name), **arguments)


@pytest.mark.long
def test_shortest_trace() -> None:
    scope = Scope(2, 2, 1)
    trace, verdict = shortest_trace(scope, dialect_named("literal-lazy"), "no-dangling-link")
    assert verdict is SearchEnd.VIOLATED
    assert trace is not None
    assert [o.text(scope) for o in trace.operations] == ["map σ0[0] → σ0[1]", "map σ0[1] → σ0[0]"]
    assert shortest_trace(scope, CANONICAL, "no-cycle") == (None, SearchEnd.EXHAUSTED)
    assert shortest_trace(scope, CANONICAL, "no-cycle", max_states=3) == (None, SearchEnd.TRUNCATED)


def test_goal() -> None:
    scope = Scope(3, 1, 1)
    assert trace_to(scope, CANONICAL, "derives(σ2[0], σ1[0]) and derives(σ1[0], σ2[0])") == (None, SearchEnd.EXHAUSTED)
    trace, verdict = trace_to(scope, CANONICAL, "accessible(σ2[0]) and nil(σ0[0])")
    assert verdict is SearchEnd.VIOLATED
    assert trace is not None
    assert [o.text(scope) for o in trace.operations] == ["grant σ0[0] → σ2[0]"]


def test_a_trace_that_shows_nothing_is_never_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Case, "replayed", lambda case, trace: [spaces.initial(trace.scope)] * 2)
    with pytest.raises(UnconfirmedError):
        explore(Scope(2, 2, 1), dialect_named("tree"))


def test_the_same_trace_for_any_number_of_threads() -> None:
    one, two = (explore(Scope(3, 2, 1), dialect_named("tree"), threads=n).violations for n in (1, 2))
    assert one == two
    assert [v.property for v in one] == ["no-frame-lost"]


@pytest.mark.long
@pytest.mark.parametrize("symmetry", ["none", "pages", "slots"])
@pytest.mark.parametrize("name", ["canonical", "tree"])
def test_the_expected_number_of_states_is_the_number_found(name: str, symmetry: str) -> None:
    for scope in (Scope(2, 2, 1), Scope(2, 2, 2)):
        case = Case(scope, dialect_named(name))
        expected = case.expected_states(symmetry)
        assert (expected is None) == (name == "canonical" and symmetry != "none")
        if expected is not None:
            assert explore(scope, case.dialect, symmetry=symmetry).states == expected
    assert Case(Scope(2, 2, 1), dialect_named("nova")).expected_states("none") is None
    assert Case(Scope(2, 2, 1), CANONICAL, "rw").expected_states("none") is None


@pytest.mark.long
def test_progress_tells_the_time_left() -> None:
    told: list[Any] = []
    # So many states take more than the tenth of a second after which progress is told.
    explore(
        Scope(4, 2, 2), CANONICAL, properties=["no-cycle"], threads=1, max_states=2_000_000, on_progress=told.append
    )
    assert told
    for progress in told:
        assert progress.expected == forests(8, 2, lost=0)
        assert progress.expanded <= progress.states
        assert (progress.seconds_left is None) == (progress.expanded == 0)
