"""The search: what it covers, that a seed reproduces, that jobs and clusters change nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from model.scope import Scope, rights_name
from model.spaces.dialect import CANONICAL
from refinement.check import Conformance, Target, check
from refinement.check.driver.bench import Work
from refinement.check.driver.closure import Closure
from refinement.check.driver.sequences import Sequences, alphabet
from refinement.check.driver.situations import Situation
from refinement.check.driver.walk import Walk
from refinement.check.finding.report import Phase
from refinement.check.process.isolation import perform
from refinement.check.process.order import DEFAULT_LIMITS, Order
from refinement.check.search.context import SearchContext
from refinement.check.search.engine import _verdict
from refinement.check.search.plan import FEWEST, name_of, scopes
from tests import EXAMPLES
from tests.clusters import two_workers

Build = Callable[..., Target]
Faulty = Callable[[str], Target]


def value_of(target: Target, work: Work) -> dict[str, object]:
    ending = perform(Order(target, work, DEFAULT_LIMITS))
    assert ending.how == "answered"
    return ending.value


@pytest.mark.parametrize(
    ("scope", "rights", "states"),
    [
        (Scope(2, 1, 1), (7,), 4),
        (Scope(3, 1, 1), (7,), 18),
        (Scope(3, 1, 1), tuple(range(8)), 594),
        (Scope(2, 2, 2), (7,), 156),
    ],
)
def test_states_of_a_scope(reference: Target, scope: Scope, rights: tuple[int, ...], states: int) -> None:
    value = value_of(reference, Closure(CANONICAL.readings, scope, rights, 60.0))
    assert (value["states"], value["complete"], value["failure"]) == (states, True, None)
    assert value["transitions"] == states * len(alphabet(scope, rights))


def test_all_sequences_and_parts_of_them(reference: Target) -> None:
    whole = Sequences(CANONICAL.readings, Scope(3, 1, 1), (7,), 3, 60.0)
    assert whole.count == 21**3
    assert value_of(reference, whole) == {"failure": None, "done": 9261, "complete": True}
    part = Sequences(CANONICAL.readings, Scope(3, 1, 1), (7,), 3, 60.0, first=100, stop=350)
    assert value_of(reference, part) == {"failure": None, "done": 250, "complete": True}


@pytest.mark.parametrize("right", [4, 2, 1])
def test_what_is_remembered_of_a_right(build: Build, right: int) -> None:
    """A flush of a right is skipped when it was done before; no state shows that, and four operations do."""
    source = (EXAMPLES / "mapdb.c").read_text("utf-8").replace("~MUSIGMA_W", f"~{right}")
    target = build(source, "MUSIGMA_FAULT=RIGHTS_CACHED")
    work = Sequences(CANONICAL.readings, Scope(2, 1, 1), (7, right), 4, 60.0)
    name = f"sequences of 4 over {work.scope}, rights rwx or {rights_name(right)}"
    (made,) = (make(60.0) for each, make, _ in scopes(CANONICAL.readings) if each == name)
    assert made == work
    assert work.count == 160_000
    ending = perform(Order(target, work, DEFAULT_LIMITS))
    assert ending.value["failure"] is not None
    assert len(ending.journal) >= 5


def test_sequences_are_in_order(faulty: Faulty) -> None:
    """The journal ends with the first sequence that fails."""
    work = Sequences(CANONICAL.readings, Scope(2, 1, 1), (7,), 3, 60.0)
    ending = perform(Order(faulty("STALE_CURSOR"), work, DEFAULT_LIMITS))
    assert ending.journal[-4:].tolist() == [
        [0, 2, 1, 1, 0, 0],
        [1, 0, 0, 1, 0, 7],
        [1, 0, 0, 1, 0, 7],
        [3, 0, 0, 0, 0, 7],
    ]


@pytest.mark.long
def test_a_stream_reproduces(reference: Target) -> None:
    def stream(seed: int, number: int) -> tuple[int, list[list[int]]]:
        ending = perform(Order(reference, Walk(CANONICAL.readings, seed, number, 2_000), DEFAULT_LIMITS))
        return ending.operations, ending.journal.tolist()

    first = stream(1, 0)
    assert stream(1, 0) == first
    assert stream(1, 1) != first
    assert stream(2, 0) != first


def test_random_programs_reach_all_situations(reference: Target) -> None:
    ending = perform(Order(reference, Walk(CANONICAL.readings, 1, 0, 20_000), DEFAULT_LIMITS))
    missed = [situation.name for situation in Situation if ending.situations[situation] == 0]
    assert missed == []


@pytest.mark.long
def test_jobs_change_nothing(faulty: Faulty) -> None:
    reports = [check(faulty("UNMAP_WRONG_RIGHTS"), seconds=3, seed=1, jobs=jobs) for jobs in (1, 2)]
    findings = [report.finding for report in reports]
    assert findings[0] is not None
    assert findings[1] is not None
    assert findings[0].texts() == findings[1].texts()


@pytest.mark.long
def test_a_short_time_still_covers_something(reference: Target) -> None:
    report = check(reference, seconds=0.1, seed=1)
    assert report.verdict in (Conformance.CONFORMS, Conformance.SAMPLED, Conformance.UNDECIDED)
    covered = any(phase.complete and "441 sequences" in phase.sentence for phase in report.phases)
    assert (report.verdict == Conformance.CONFORMS) == covered


@pytest.mark.parametrize(
    ("tried", "verdict"), [(0, Conformance.UNDECIDED), (440, Conformance.SAMPLED), (441, Conformance.CONFORMS)]
)
def test_nothing_conforms_before_all_sequences_of_two_were_tried(tried: int, verdict: Conformance) -> None:
    pairs = Phase("exhaustive", name_of(FEWEST), f"{tried} of 441 agree", tried == 441, tried, 0.1)
    others = Phase("random", "random", "random operations", True, tried, 0.1)
    target, nobody = Target("library", "a.so"), ThreadPoolExecutor(1)
    search = SearchContext(target, CANONICAL, DEFAULT_LIMITS, 1.0, 1, nobody, phases=[pairs, others])
    assert _verdict(search, None, (), None) == verdict
    assert _verdict(search, None, (name_of(FEWEST + 1),), None) != Conformance.CONFORMS


@pytest.mark.slow
def test_a_cluster_of_two_workers(reference: Target, faulty: Faulty) -> None:
    """How far it comes hangs on the machine; that nothing differs, and that what does is found, does not."""
    from refinement.check.process.cluster import connect

    with two_workers() as address, connect(address) as executor:
        right = check(reference, seconds=5, seed=1, jobs=2, executor=executor)
        wrong = check(faulty("EARLY_ASCENT"), seconds=120, seed=1, jobs=2, executor=executor)
    assert right.verdict in (Conformance.CONFORMS, Conformance.SAMPLED)
    assert right.phases[0].complete
    assert wrong.finding is not None
    assert wrong.finding.texts() == ["map σ0[0] → σ1[0]", "map σ0[0] → σ2[0]", "flush σ0[0]"]


@pytest.mark.long
def test_seeds_are_drawn(reference: Target) -> None:
    seeds = {check(reference, seconds=0.1).seed for _ in range(2)}
    assert len(seeds) == 2


def test_rows_are_of_32_bits() -> None:
    assert alphabet(Scope(2, 1, 1)).dtype == np.uint32
