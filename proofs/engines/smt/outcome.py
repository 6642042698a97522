"""The questions to the engines and their answers: plain records that travel between processes."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum

from model.running.evaluate import Structure
from proofs.verdict import Verdict


class Solvers(Enum):
    """The solvers that must agree that a condition holds."""

    Z3 = "z3"
    CVC5 = "cvc5"
    BOTH = "both"

    @property
    def most(self) -> int:
        """Return the number of solvers that are asked at most."""
        return 2 if self == Solvers.BOTH else 1


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings by which conditions are discharged.

    :param solvers: who must agree.
    :param seconds: limit for one question to one solver.
    :param soon: seconds of these after which a model of few elements is looked for, before z3 has the rest.
    :param seed: of the solvers.
    :param seeds: with which z3 is asked again where it has no answer soon and no counterexample is small: with another
        seed it often finds one at once. ``again`` are the seconds for each.
    :param certify: have a SAT solver refute the grounded negation as well, and check its proof.
    :param witness: show a state of least size in which the hypotheses hold; what is proved without one is unknown.
    :param model: keep a state, of whatever size, that showed that they hold together.
    :param stability: so many further runs of each condition, with other seeds and shuffled hypotheses.
    :param export: folder for one SMT-LIB 2 file a condition; empty for none.
    :param proofs: ask cvc5 for its proof of conditions outside the decidable fragment, beside the exported file.
    :param theory: the file that extends the theory; empty for none.
    """

    solvers: Solvers = Solvers.BOTH
    seconds: float = 10.0
    soon: float = 2.0
    seed: int = 0
    seeds: tuple[int, ...] = ()
    again: float = 1.0
    certify: bool = False
    witness: bool = False
    model: bool = False
    stability: int = 0
    export: str = ""
    proofs: bool = False
    theory: str = ""

    def plain(self) -> "Settings":
        """The same without what is only for the obligations that were asked for."""
        return replace(self, certify=False, witness=False, model=False, stability=0, export="", proofs=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of one solver: ``unsat``, ``sat`` or ``unknown``; processor seconds; its resource count.

    ``model`` is the model that z3 gives, where it can be read.
    """

    solver: str
    result: str
    seconds: float
    reason: str = ""
    resources: int = 0
    model: Structure | None = field(default=None, compare=False, repr=False)


def joint(answers: Iterable[Answer]) -> tuple[Verdict, str]:
    """What several answers to the same question, whether a counterexample exists, amount to.

    >>> joint([Answer("z3", "unsat", 0), Answer("cvc5", "sat", 0)])
    (<Verdict.DISAGREEMENT: 'disagreement'>, 'z3 finds no counterexample, cvc5 finds one')
    """
    by_result: dict[str, list[Answer]] = {}
    for answer in answers:
        by_result.setdefault(answer.result, []).append(answer)
    if "sat" in by_result and "unsat" in by_result:
        proves, refutes = (" and ".join(a.solver for a in by_result[result]) for result in ("unsat", "sat"))
        return Verdict.DISAGREEMENT, f"{proves} finds no counterexample, {refutes} finds one"
    if "sat" in by_result:
        return Verdict.UNPROVED, ""
    silent = [answer for result, some in by_result.items() if result != "unsat" for answer in some]
    if silent or not by_result:
        return Verdict.UNKNOWN, "; ".join(f"{a.solver}: {a.reason or 'no answer'}" for a in silent)
    return Verdict.PROVED, ""


@dataclass(frozen=True, slots=True)
class Spread:
    """The spread of a condition's runs with other seeds and orders: the largest over the smallest of each figure.

    ``results`` are the answers, without repetition.
    """

    runs: int
    time: float
    resources: float
    results: tuple[str, ...]

    @property
    def stable(self) -> bool:
        """Every run gave the same answer."""
        return len(self.results) == 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """The findings of the engines on an obligation.

    ``used`` are the hypotheses of z3's unsatisfiable core (for a vacuous condition: those that contradict each other).
    ``outside`` says why the condition is outside the decidable fragment; it is empty for one inside. ``certificate``
    says that a proof was checked, or why there is none. ``witness`` is a state in which the hypotheses hold.
    ``satisfiable`` says how it was shown that there is one, and ``evaluated`` whether one was evaluated, of every
    condition. ``counterexample`` is an evaluated model of hypotheses and negated goal: of a condition about bits, the
    bits.
    """

    verdict: Verdict
    seconds: float = 0.0
    used: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    outside: str = ""
    reason: str = ""
    answers: tuple[Answer, ...] = ()
    certified: bool = False
    certificate: str = ""
    spread: Spread | None = None
    witness: Structure | None = None
    satisfiable: str = ""
    counterexample: Structure | None = None
    evaluated: bool = False
