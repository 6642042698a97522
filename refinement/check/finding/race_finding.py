"""The finding of a race: a scenario, its schedule, and how the run failed; as text, and as a file."""

import json
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np

from model.scope import Scope
from refinement.check.driver.driver import StepKind
from refinement.check.driver.steps import parse_step
from refinement.check.finding.finding import Conformance, Failure, shown
from refinement.check.finding.places import places_of
from refinement.check.process.order import Ending
from refinement.check.races.outcome import RunFailure
from refinement.check.races.scenario import Call, Scenario, Schedule, call_text

VERSION = 1
SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("race.schema.json").read_text("utf-8"))
STATUSES = {0: "done", 1: "refused"}

WORDS = {
    RunFailure.DEADLOCK: "deadlock: each thread that has not returned waits for a lock",
    RunFailure.LOST_WAKEUP: "lost wake-up: a thread waits for a signal that nobody will send",
    RunFailure.NO_END: "hang: the calls do not return, though each thread goes on again and again",
    RunFailure.BAD_UNLOCK: "a lock is unlocked that the thread does not hold",
    RunFailure.LOCK_KEPT: "a call returned with a lock held",
    RunFailure.DATA_RACE: "data race: two accesses, one of them a write, that nothing orders",
    RunFailure.TOO_LONG: "the run ended, after more accesses than there is room to switch at",
    RunFailure.NOT_FOLLOWED: "the schedule cannot be followed: the run is another than the one recorded",
}
HANGS = (RunFailure.DEADLOCK, RunFailure.LOST_WAKEUP, RunFailure.NO_END)


@dataclass(frozen=True, slots=True)
class RaceFinding:
    """A failure with the scenario and the schedule that lead to it.

    ``kind`` tells failures apart: a name of :class:`RunFailure`, ``NOT_LINEARIZABLE``, ``CRASH`` or ``HANG``; ``steps``
    is how many steps the run has; ``run`` what it told, if it came to its end.
    """

    failure: Failure
    kind: str
    scenario: Scenario
    schedule: Schedule
    dialect: str
    phase: str
    steps: int = 0
    preemptions: int = 0
    run: dict[str, Any] | None = None
    data_races: bool = False
    may_refuse: bool = False
    shortest: str = ""
    reproducible: bool = True

    def to_json(self) -> dict[str, Any]:
        """JSON values: the verdict, the scenario, and the file that replays it."""
        return {
            "verdict": self.failure.verdict.value,
            "kind": self.kind,
            "sentence": self.failure.sentence,
            "phase": self.phase,
            "scenario": self.scenario.texts(),
            "preemptions": self.preemptions,
            "shortest": self.shortest,
            "reproducible": self.reproducible,
            "trace": self.kept(),
        }

    def kept(self) -> dict[str, Any]:
        """The scenario and the schedule as a file that can be replayed."""
        scope = self.scenario.scope
        return {
            "musigma_race": VERSION,
            "dialect": self.dialect,
            "scope": {"spaces": scope.spaces, "pages": scope.pages, "frames": scope.frames},
            "setup": [call_text(call) for call in self.scenario.setup],
            "threads": [[call_text(call) for call in calls] for calls in self.scenario.threads],
            "schedule": [list(choice) for choice in self.schedule],
            "data_races": self.data_races,
            "may_refuse": self.may_refuse,
            "kind": self.kind,
            "steps": self.steps,
            "shows": self.failure.sentence,
        }


@dataclass(frozen=True, slots=True)
class RecordedRace:
    """A recorded race: a scenario, its schedule, and what was seen then."""

    scenario: Scenario
    schedule: Schedule
    dialect: str
    data_races: bool
    may_refuse: bool
    kind: str
    steps: int
    shows: str


def is_race(value: Any) -> bool:
    """Return whether JSON values are said to be a race."""
    return isinstance(value, dict) and "musigma_race" in value


def race_from_json(value: Any) -> RecordedRace:
    """Read a race from the contents of a file.

    :raises ValueError: it is no race; the message says where.
    """
    try:
        jsonschema.validate(value, SCHEMA)
    except jsonschema.ValidationError as error:
        raise ValueError(f"no race: at {error.json_path}: {error.message}") from None
    try:
        scope = Scope(**value["scope"])
        setup = tuple(_call(text, scope) for text in value["setup"])
        threads = tuple(tuple(_call(text, scope) for text in calls) for calls in value["threads"])
        scenario = Scenario(scope, setup, threads)
    except ValueError as error:
        raise ValueError(f"no race: {error}") from None
    if not scenario.calls:
        raise ValueError("no race: at $.threads: no thread calls anything")
    schedule = tuple((int(step), int(thread)) for step, thread in value["schedule"])
    for step, thread in schedule:
        if thread >= len(threads):
            raise ValueError(f"no race: at step {step} thread {thread} goes on, and there are {len(threads)}")
    return RecordedRace(
        scenario,
        schedule,
        value["dialect"],
        value.get("data_races", False),
        value.get("may_refuse", False),
        value.get("kind", ""),
        value.get("steps", 0),
        value.get("shows", ""),
    )


def _call(text: str, scope: Scope) -> Call:
    """A call that a text stands for, in the scope."""
    row = parse_step(text)
    if row[0] == StepKind.INIT:
        raise ValueError(f"{text!r} is no call: the scope says what init is called with")
    scope.slot(row[1], row[2])
    if row[0] in (StepKind.MAP, StepKind.GRANT):
        scope.slot(row[3], row[4])
    a, b, c, d, e, f = (int(number) for number in np.array(row))
    return a, b, c, d, e, f


def kind_of(run: dict[str, Any]) -> str:
    """Return the kind of failure that a wrong run shows."""
    failure = RunFailure(run["failure"])
    return failure.name if failure else "NOT_LINEARIZABLE"


def failure_of_run(run: dict[str, Any], scenario: Scenario, library: str, views: int) -> Failure:
    """A verdict and a sentence for a run that is wrong."""
    kind = RunFailure(run["failure"])
    if kind == RunFailure.NONE:
        return Failure(Conformance.DIVERGES, _unexplained(run, scenario, views))
    verdict = Conformance.HUNG if kind in HANGS else Conformance.DIVERGES
    if kind == RunFailure.UNFIT:
        return Failure(Conformance.UNDECIDED, f"init refuses {scenario.scope}")
    if kind in (RunFailure.NOT_FOLLOWED, RunFailure.TOO_LONG):
        verdict = Conformance.UNDECIDED
    if kind == RunFailure.OWN_CHECK:
        return Failure(verdict, f"the target's own check returned {run['object']} after the threads")
    if kind == RunFailure.BAD_STATUS:
        _, call = scenario.calls[run["object"]]
        return Failure(verdict, f"{call_text(call)} returned {run['results'][run['object']][0]}, which is no status")
    places = places_of(library, [run["place"], run["other_place"]])
    at = f", in {places[0]}" if run["place"] else ""
    if kind == RunFailure.DATA_RACE and run["other_place"]:
        at += f" and {places[1]}"
    who = f" (thread {run['thread']})" if run["thread"] >= 0 else " (after the threads)"
    return Failure(verdict, f"{WORDS[kind]}{at}{who}")


def _unexplained(run: dict[str, Any], scenario: Scenario, views: int) -> str:
    """What no order of the calls explains."""
    answers = []
    for (_, call), (status, rights, _) in zip(scenario.calls, run["results"], strict=True):
        said = f"shows {shown(status, rights)}" if call[0] == StepKind.LOOK else STATUSES.get(status, str(status))
        answers.append(f"{call_text(call)}: {said}")
    pages = []
    for slot in range(scenario.scope.slots):
        at = slot * 2 * views
        view = run["shown"][at : at + 2 * views]
        said = shown(*view[:2])
        if views > 1 and tuple(view[2:]) != tuple(view[:2]):
            said += f" (page table: {shown(*view[2:])})"
        pages.append(f"{scenario.scope.name(slot)} {said}")
    return f"no order of the calls gives {'; '.join(answers)}; and then {', '.join(pages)}"


def crash_of(ending: Ending) -> str:
    """Return how a target died while threads ran; empty if it did not."""
    said = f": {' '.join(ending.said.split())[-300:]}" if ending.said else ""
    if ending.how == "signal":
        known = ending.number in list(signal.Signals)
        return f"the target died of {signal.Signals(ending.number).name if known else ending.number}{said}"
    if ending.how == "exit":
        return f"the target ended its process with status {ending.number}{said}"
    return "the target did not return, and made no step" if ending.how == "hung" else ""


def lines_of(finding: RaceFinding) -> Sequence[str]:
    """The scenario in lines."""
    return finding.scenario.texts()
