"""How paper, formula and simulation are compared."""

from fractions import Fraction

import pytest

from machine.costs.quantity import UNKNOWN, Quantity, exactly
from proofs.experiments.result import Agreement, Findings, Line


@pytest.mark.parametrize(
    ("paper", "formula", "explained", "agreement"),
    [
        (exactly(3), exactly(3), "", Agreement.EQUAL),
        (UNKNOWN, UNKNOWN, "", Agreement.OPEN),
        (exactly(981), exactly(Fraction(3925, 4)), "", Agreement.ROUNDED),
        (exactly(2), exactly(Fraction(5, 2)), "", Agreement.DIFFERS),
        (exactly(3), exactly(Fraction(5, 2)), "", Agreement.ROUNDED),
        (exactly(3), exactly(4), "known", Agreement.EXPLAINED),
        (exactly(3), exactly(4), "", Agreement.DIFFERS),
        (exactly(3), UNKNOWN, "", Agreement.DIFFERS),
        (exactly(3), None, "", Agreement.OPEN),
        (None, exactly(3), "", Agreement.OPEN),
    ],
)
def test_agreement(paper: Quantity | None, formula: Quantity | None, explained: str, agreement: Agreement) -> None:
    line = Line("x", paper=paper, formula=formula, explained=explained)
    assert line.agreement == agreement
    assert Findings("x", "x", (line,)).unexplained == ((line,) if agreement == Agreement.DIFFERS else ())


def test_differences_are_at_both_ends() -> None:
    line = Line("x", paper=exactly(10), formula=Quantity(1, 2), simulated=Quantity(1, 4))
    assert line.difference == "formula − paper: -9 and -8; simulated − formula: 0 and 2"
    assert Line("x", formula=exactly(1), simulated=UNKNOWN).difference == "simulated − formula: ?"
    assert Line("x", formula=exactly(1), simulated=exactly(1)).difference == ""
