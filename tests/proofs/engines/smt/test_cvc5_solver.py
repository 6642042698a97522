"""How cvc5 is asked, and what is made of what it prints; the records that are asked with."""

from itertools import count
from typing import Any

import pytest

from proofs.engines.smt import cvc5_solver as second
from proofs.engines.smt.cvc5_solver import ask_cvc5, proof_of
from proofs.engines.smt.outcome import Answer, Settings, Solvers, Spread

PLAIN = {"tlimit-per": "3000", "seed": "7", "fresh-binders": "true"}
LONG = {**PLAIN, "enum-inst": "true"}


def tried(*, finite: bool, limit: int) -> dict[str, str]:
    """The options of a try of one of the two ways, in milliseconds."""
    return {**PLAIN, "tlimit-per": str(limit), ("finite-model-find" if finite else "enum-inst"): "true"}


TRIES = [tried(finite=finite, limit=limit) for finite, limit in ((False, 400), (True, 100), (False, 2000), (True, 500))]
FINITE_FIRST = [
    tried(finite=finite, limit=limit) for finite, limit in ((True, 400), (False, 100), (True, 2000), (False, 500))
]
TURNS = {
    1.0: [0.4, 0.1, 0.4, 0.1],
    1.5: [0.4, 0.1, 0.8, 0.2],
    2.0: [0.4, 0.1, 1.2, 0.3],
    0.9: [0.72, 0.18],
}
"""Of so many seconds, those of each try: what is left for the last turn is at least as long as the turn before."""
CONTRADICTION = "(set-logic UF)(declare-fun p () Bool)(assert (and p (not p)))(check-sat)"


@pytest.mark.parametrize("seconds", TURNS)
def test_tries_share_all_of_the_time(seconds: float) -> None:
    assert [limit for _, limit in second._tries(seconds, finite_first=False)] == pytest.approx(TURNS[seconds])


class Printed:
    """A cvc5 that prints as told, and the texts and options that it was given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.prints: list[str | Exception] = []
        self.given: list[tuple[str, dict[str, str]]] = []
        monkeypatch.setattr(second, "_run", self.run)
        ticks = count(1000, 100)
        monkeypatch.setattr(second, "process_time", lambda: next(ticks))

    def run(self, text: str, options: dict[str, str]) -> str:
        vars(second)["process_time"]()  # it takes time
        self.given.append((text, dict(options)))
        printed = self.prints.pop(0)
        if isinstance(printed, Exception):
            raise printed
        return printed


@pytest.fixture
def cvc5(monkeypatch: pytest.MonkeyPatch) -> Printed:
    return Printed(monkeypatch)


@pytest.mark.parametrize(
    ("finite", "prints", "result", "reason", "options"),
    [
        (False, ["unsat"], "unsat", "", [LONG]),
        (False, ["sat\n(more)"], "sat", "", [LONG]),
        (False, ["unknown"], "unknown", "unknown", [LONG]),
        (False, [""], "unknown", "no answer", [LONG]),
        (False, ["timeout by request"], "unknown", "timeout by request", [LONG]),
        (False, [RuntimeError("as told ")], "unknown", "cvc5 does not take the text: as told", [LONG]),
        (True, ["unsat"], "unsat", "", TRIES[:1]),
        (True, ["sat"], "sat", "", TRIES[:1]),
        (True, ["unknown", "sat"], "sat", "", TRIES[:2]),
        (True, ["unknown", "unsat"], "unsat", "", TRIES[:2]),
        (True, ["", "unknown", "unsat"], "unsat", "", TRIES[:3]),
        (True, ["", "unknown", "unknown", "sat"], "sat", "", TRIES),
        (True, ["", "", "", "unknown later"], "unknown", "unknown later", TRIES),
        (True, [RuntimeError("once"), "unsat"], "unsat", "", TRIES[:2]),
    ],
)
def test_only_sat_and_unsat_are_answers(
    cvc5: Printed,
    finite: bool,
    prints: list[str | Exception],
    result: str,
    reason: str,
    options: list[dict[str, str]],
) -> None:
    cvc5.prints = list(prints)
    assert ask_cvc5("text", 3.0, 7, finite_models=finite) == Answer("cvc5", result, 100 * (1 + len(prints)), reason)
    assert cvc5.given == [("text", each) for each in options]


def test_the_way_that_finds_what_is_expected_is_first(cvc5: Printed) -> None:
    for expected, tries in (("sat", FINITE_FIRST), ("unsat", TRIES), ("unknown", TRIES)):
        cvc5.prints = [""] * 4
        cvc5.given = []
        assert ask_cvc5("text", 3.0, 7, finite_models=True, expected=expected).result == "unknown"
        assert cvc5.given == [("text", each) for each in tries]
        cvc5.prints = ["sat"]
        assert ask_cvc5("text", 3.0, 7, finite_models=False, expected=expected).result == "sat"
        assert cvc5.given[-1] == ("text", LONG)


def test_without_time_nothing_is_asked(cvc5: Printed) -> None:
    assert ask_cvc5("text", 0, 7, finite_models=True) == Answer("cvc5", "unknown", 100, "no time")
    assert not cvc5.given


def test_a_proof_is_what_follows_unsat(cvc5: Printed) -> None:
    cvc5.prints = [" unsat \n(proof\n steps)"]
    assert proof_of("text", 3.0, 7) == "(proof\n steps)"
    options = {"tlimit-per": "3000", "seed": "7", "enum-inst": "true", "produce-proofs": "true", "verbosity": "-1"}
    assert cvc5.given == [("text\n(get-proof)\n", options)]


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("sat\n(proof)", "it answers sat$"),
        ("unsat\n  ", "it answers unsat$"),
        ("unsat", "it answers unsat$"),
        ("", "it answers nothing$"),
        (RuntimeError("as told"), "cvc5 gives no proof: as told$"),
    ],
)
def test_without_a_proof_nothing_is_given(cvc5: Printed, printed: str | Exception, said: str) -> None:
    cvc5.prints = [printed]
    with pytest.raises(ValueError, match=said):
        proof_of("text", 3.0, 7)


def test_all_that_is_printed_is_there_and_options_are_set() -> None:
    assert second._run(CONTRADICTION + '(echo "more")', {}) in ('unsat\n"more"', "unsat\nmore")
    assert second._run("", {}) == ""
    models = CONTRADICTION.replace("(not p)", "p") + "(get-value (p))(check-sat)"
    options = {"produce-models": "true", "incremental": "true"}
    for each in (options, dict(reversed(options.items()))):
        assert second._run(models, each) == "sat\n((p true))\nsat"
    with pytest.raises(RuntimeError):
        second._run(CONTRADICTION, {"no-such-option": "true"})


# the records


def test_who_is_asked_at_most() -> None:
    assert {solvers: solvers.most for solvers in Solvers} == {Solvers.Z3: 1, Solvers.CVC5: 1, Solvers.BOTH: 2}


def test_what_is_only_for_those_asked_for_is_left_out() -> None:
    kept: dict[str, Any] = {"solvers": Solvers.Z3, "seconds": 3.0, "seed": 5, "theory": "a file"}
    more: dict[str, Any] = {"certify": True, "witness": True, "model": True, "export": "a folder", "proofs": True}
    assert Settings(**kept, **more, stability=3).plain() == Settings(**kept)


@pytest.mark.parametrize(("results", "stable"), [((), False), (("sat",), True), (("sat", "unsat"), False)])
def test_runs_agree_if_they_give_one_answer(results: tuple[str, ...], stable: bool) -> None:
    assert Spread(3, 1.0, 1.0, results).stable is stable
