"""Each way to fail in words, and findings as traces and as JSON."""

import signal
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.scope import Scope
from model.spaces.dialect import CANONICAL
from model.spaces.operation import Operation
from refinement.check.driver.driver import Mismatch
from refinement.check.finding.finding import Conformance, Failure, Finding, describe, failure_of, operations_of, shown
from refinement.check.finding.report import CheckReport, Phase
from refinement.check.process.order import CLOSED, EXHAUSTED, LOADING, Limits
from tests.refinement.check.plain import ending

PROGRAM = np.array([(0, 2, 2, 1, 0, 0), (1, 0, 0, 1, 1, 5), (2, 1, 1, 0, 1, 7), (3, 0, 0, 9, 9, 6)], np.uint32)


def test_what_is_shown() -> None:
    assert [shown(-1, 7), shown(0, 0), shown(3, 6), shown(1, 8), shown(1, 255), shown(2, -1)] == [
        "nothing",
        "frame 0 ---",
        "frame 3 rw-",
        "frame 1 rights 0x8",
        "frame 1 rights 0xff",
        "frame 2 rights -0x1",
    ]


@pytest.mark.parametrize(
    ("cells", "message", "sentence"),
    [
        ([Mismatch.STATUS, 1, 0, 0, 1, 0, -1, -1], "", "map returned 1 (refused), the model 0 (done)"),
        ([Mismatch.STATUS, 3, 1, 0, 0, 0, -1, -1], "x", "flush returned 0 (done), the model 1 (refused)"),
        ([Mismatch.CHECK, 6, 0, 0, 5, 0, -1, -1], "", "the target's own check returned 5"),
        ([Mismatch.UNFIT, 0, 0, 0, 2, 0, -1, -1], "", "init returned 2: it refuses this size"),
        ([Mismatch.ERROR, 2, 0, 0, 7, 0, -1, -1], "", "grant returned 7, which is no status"),
        ([Mismatch.ERROR, 2, 0, 0, 7, 0, -1, -1], "it fell", "grant failed: it fell"),
        ([Mismatch.ERROR, 4, 0, 0, -7, 0, 0, 1], "", "lookup of σ0[1] returned -7, which is no status"),
        ([Mismatch.ERROR, 4, 0, 0, -7, 0, 1, 0], "it fell", "lookup of σ1[0] failed: it fell"),
        ([Mismatch.LOOKUP, 4, -1, 0, 0, 7, 1, 0], "", "σ1[0] shows frame 0 rwx, in the model nothing"),
        (
            [Mismatch.LOOKUP_HW, 5, 0, 5, -1, 0, 1, 0],
            "",
            "σ1[0] shows nothing in the page table, frame 0 r-x in the model",
        ),
    ],
)
def test_every_fault_in_words(cells: Any, message: str, sentence: str) -> None:
    assert describe(cells, message) == sentence
    failure = failure_of(ending(value={"failure": {"cells": cells, "message": message}}))
    assert failure == Failure(Conformance.DIVERGES, sentence)


@pytest.mark.parametrize(
    ("told", "verdict", "sentence"),
    [
        ({"how": "hung"}, Conformance.HUNG, "the target did not return"),
        ({"how": "hung", "inside": 1}, Conformance.HUNG, "the target did not return in map"),
        ({"how": "hung", "inside": 0, "said": "x"}, Conformance.HUNG, "the target did not return in init"),
        ({"how": "hung", "inside": LOADING}, Conformance.HUNG, "the target did not return while it was loaded"),
        ({"how": "signal", "number": 11}, Conformance.CRASHED, "the target died of SIGSEGV"),
        ({"how": "signal", "number": 999}, Conformance.CRASHED, "the target died of 999"),
        (
            {"how": "signal", "number": 6, "inside": 5, "place": (2, 3), "said": " a \n b "},
            Conformance.CRASHED,
            "the target died of SIGABRT in lookup_hw of σ2[3]: a b",
        ),
        (
            {"how": "exit", "number": 4, "inside": 4, "place": (0, 1)},
            Conformance.CRASHED,
            "the target ended its process with status 4 in lookup of σ0[1]",
        ),
        (
            {"how": "exit", "number": 4, "inside": 6, "said": "y" * 400},
            Conformance.CRASHED,
            "the target ended its process with status 4 in check: " + "y" * 300,
        ),
        (
            {"how": "exit", "number": 1, "inside": CLOSED, "said": "x"},
            Conformance.CRASHED,
            "the target closed files that are not its own",
        ),
        (
            {"how": "exit", "number": 1, "inside": EXHAUSTED},
            Conformance.CRASHED,
            "the target left so many files open that no more can be opened",
        ),
        (
            {"how": "signal", "number": 9, "inside": CLOSED},
            Conformance.CRASHED,
            "the target died of SIGKILL after its last call",
        ),
        ({"how": "hung", "inside": EXHAUSTED}, Conformance.HUNG, "the target did not return after its last call"),
        ({"how": "hung", "printed": 65535}, Conformance.HUNG, "the target did not return"),
        (
            {"how": "hung", "printed": 65536, "inside": 4, "place": (1, 2)},
            Conformance.HUNG,
            "the target did not return in lookup of σ1[2], and printed without end",
        ),
        (
            {"how": "forked", "number": 65, "inside": 3, "said": "x"},
            Conformance.CRASHED,
            "the target started more than 64 processes in flush",
        ),
        (
            {"how": "signal", "number": signal.SIGSYS, "inside": 2, "said": "x"},
            Conformance.CRASHED,
            "the target started a process or program in grant, which a library may not",
        ),
        (
            {"how": "signal", "number": signal.SIGXFSZ, "inside": LOADING, "said": "x"},
            Conformance.CRASHED,
            "the target wrote a file of more than 16 MiB while it was loaded",
        ),
        (
            {"how": "exit", "number": signal.SIGSYS},
            Conformance.CRASHED,
            f"the target ended its process with status {int(signal.SIGSYS)}",
        ),
        (
            {"how": "exit", "number": signal.SIGXFSZ, "inside": 7},
            Conformance.CRASHED,
            f"the target ended its process with status {int(signal.SIGXFSZ)} in normalise",
        ),
    ],
)
def test_every_end_in_words(told: Any, verdict: Conformance, sentence: str) -> None:
    assert failure_of(ending(**told)) == Failure(verdict, sentence)


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"how": "hung", "inside": 1}, "the target did not return in map"),
        ({"how": "forked"}, "the target started more than 3 processes"),
        ({"how": "signal", "number": signal.SIGXFSZ}, "the target wrote a file of more than 16 MiB"),
        (
            {"how": "signal", "number": signal.SIGSYS},
            "the target started a process or program, which a library may not",
        ),
        ({"how": "signal", "number": 11, "inside": 1}, "the target died of SIGSEGV in map, on a stack of 33 KiB"),
        (
            {"how": "exit", "number": 2, "said": "full"},
            "the target ended its process with status 2, on a stack of 33 KiB: full",
        ),
    ],
)
def test_a_small_stack_is_said_of_what_it_may_be_the_reason(told: Any, sentence: str) -> None:
    failure = failure_of(ending(**told), Limits(stack=(33 << 10) + 5, processes=3))
    assert failure is not None
    assert failure.sentence == sentence


def test_a_difference_in_the_words_of_whoever_asks() -> None:
    told = ending(value={"failure": {"cells": [1, 2], "message": "m"}})
    assert failure_of(told, describing=lambda cells, said: f"{cells} {said}") == Failure(
        Conformance.DIVERGES, "[1, 2] m"
    )


@pytest.mark.parametrize(
    "told",
    [
        {"value": {}},
        {"value": {"failure": None}},
        {"how": "overdue"},
        {"how": "overdue", "inside": CLOSED},
        {"how": "broken"},
    ],
)
def test_what_is_no_failure(told: Any) -> None:
    assert failure_of(ending(**told)) is None


def finding(program: Any = PROGRAM) -> Finding:
    return Finding(Failure(Conformance.DIVERGES, "it differs"), program, "canonical", "random: 3")


def test_a_finding_as_a_trace() -> None:
    found = finding()
    assert (found.scope, found.length) == (Scope(2, 2, 1), 3)
    again = finding(np.array([PROGRAM[0], (0, 3, 1, 1, 0, 0)], np.uint32))
    assert (again.scope, again.length) == (Scope(2, 2, 1), 1)
    assert found.texts() == ["map σ0[0] → σ1[1] r-x", "grant σ1[1] → σ0[1]", "flush σ0[0] rw-"]
    operations = Operation("map", 0, 3, 5), Operation("grant", 3, 1, 7), Operation("flush", 0, -1, 6)
    assert operations_of(PROGRAM) == operations
    assert operations_of(PROGRAM[:1]) == ()
    wide = np.array([(0, 3, 2, 1, 0, 0), (1, 1, 0, 2, 1, 7)], np.uint32)
    assert operations_of(wide) == (Operation("map", 2, 5, 7),)
    trace = found.trace()
    assert (trace.dialect, trace.scope, trace.operations, trace.shows) == (
        "canonical",
        Scope(2, 2, 1),
        operations,
        "it differs",
    )
    assert found.to_json() == {
        "verdict": "diverges",
        "sentence": "it differs",
        "phase": "random: 3",
        "steps": ["init 2 × 2 × 1", *found.texts()],
        "shortest": "",
        "is_shortest": False,
        "reproducible": True,
        "repeated": 0,
        "stack": 0,
        "trace": trace.to_json(),
    }


@pytest.mark.parametrize("more", [{"stack": 1}, {"repeated": 1}])
def test_a_round_and_a_small_stack_are_no_trace(more: Any) -> None:
    found = replace(finding(), **more)
    with pytest.raises(ValueError, match="no stack and no round"):
        found.trace()
    told = {"stack": 0, "repeated": 0, "trace": None, **more}
    assert {name: found.to_json()[name] for name in told} == told


@pytest.mark.parametrize(
    "row",
    [
        (1, 0, 0, 1, 1, 8),
        (0, 2, 2, 1, 0, 0),
        (1, 2, 0, 1, 1, 7),
        (1, 0, 0, 1, 2, 7),
        (3, 2, 0, 0, 0, 7),
        (4, 0, 0, 0, 0, 0),
    ],
)
def test_what_no_trace_can_say(row: Any) -> None:
    found = finding(np.array([PROGRAM[0], row], np.uint32))
    assert found.to_json()["trace"] is None
    with pytest.raises(ValueError, match=r"cannot stand in a trace|outside|σ"):
        operations_of(found.program)


def test_the_verdicts() -> None:
    assert [each.value for each in Conformance] == ["conforms", "diverges", "crashed", "hung", "sampled", "undecided"]


@pytest.mark.parametrize("verdict", Conformance)
def test_without_a_finding_only_what_conforms_passes(verdict: Conformance) -> None:
    """Little was tried, or what was required was not: no pass."""
    whole = Phase("exhaustive", "sequences of 2", "all agree", True, 441, 0.1)
    part = Phase("exhaustive", "sequences of 3", "488 of 9,261 agree", False, 488, 0.1)
    report = CheckReport("a.so", CANONICAL, verdict, None, (whole, part), 1, 1.0, ("lookup",))
    assert report.exit_status == (0 if verdict == Conformance.CONFORMS else 3)
    assert report.rests_on == ("sequences of 2",)
    demanding = replace(report, required=("sequences of 3",))
    assert (demanding.missing, demanding.exit_status) == (("sequences of 3",), 3)
