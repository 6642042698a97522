"""One verification condition, one fresh solver each; *proved* needs every solver that is asked."""

import random
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from time import process_time

import z3

from model.running.evaluate import Structure
from model.running.solving import answer_of, limit
from model.running.z3_terms import KeptTerms
from proofs.engines.certificate.certified import certify
from proofs.engines.smt.alike import confirm_alike
from proofs.engines.smt.confirm import Confirmation, Hypotheses, confirm, judged, least, read_model
from proofs.engines.smt.cvc5_solver import ask_cvc5
from proofs.engines.smt.given_sizes import model_of_few, model_of_sizes
from proofs.engines.smt.known_models import KnownModels
from proofs.engines.smt.outcome import Answer, Outcome, Settings, Solvers, Spread, joint
from proofs.engines.terms.fragment import outside_of_fragment
from proofs.engines.terms.smtlib import has_finite_models, smtlib, symbols
from proofs.execution.named_after import check_named
from proofs.obligation import Condition
from proofs.verdict import Verdict

__all__ = ["Outcome", "Satisfiable", "Settings", "discharge", "discharge_all"]


def _resources(solver: z3.Solver) -> int:
    """What z3 has counted so far, over all solvers of the process."""
    statistics = solver.statistics()
    return int(statistics.get_key_value("rlimit count")) if "rlimit count" in statistics.keys() else 0  # noqa: SIM118


def _ask_z3(
    hypotheses: dict[str, z3.BoolRef], goal: z3.BoolRef | None, seconds: float, seed: int
) -> tuple[Answer, tuple[str, ...]]:
    """The answer of a fresh z3 to whether the hypotheses hold together, and the goal does not; and the core."""
    started = process_time()
    solver = z3.Solver()
    limit(solver, seconds)
    solver.set("random_seed", seed)
    named = {}
    for number, (name, formula) in enumerate(hypotheses.items()):
        assumed = _marker(number)
        solver.assert_and_track(formula, assumed)
        named[assumed.get_id()] = assumed, name
    if goal is not None:
        solver.add(z3.Not(goal))
    before = _resources(solver)
    answer = answer_of(solver)
    needed = {marker.get_id() for marker in solver.unsat_core()} if answer == z3.unsat else set()
    # In the condition's order, so that what cvc5 is asked does not vary with the order in which z3 names its core.
    core = tuple(name for marker, (_, name) in named.items() if marker in needed)
    reason = solver.reason_unknown() if answer == z3.unknown else ""
    said = Answer("z3", str(answer), process_time() - started, reason, _resources(solver) - before)
    if answer == z3.sat:
        said = replace(said, model=_model(solver, _negated(hypotheses, goal)))
    return said, core


def _marker(number: int) -> z3.BoolRef:
    """What stands for a hypothesis in z3's core: numbered, so that it is no constant of a formula, which have names.

    A constant that a hypothesis is called like would be assumed to hold with it.
    """
    context = z3.main_ctx()
    symbol = z3.Z3_mk_int_symbol(context.ref(), number)
    return z3.BoolRef(z3.Z3_mk_const(context.ref(), symbol, z3.BoolSort().ast), context)


def _negated(hypotheses: dict[str, z3.BoolRef], goal: z3.BoolRef | None) -> dict[str, z3.BoolRef]:
    """What a counterexample satisfies: the hypotheses, and not the goal if there is one."""
    return hypotheses if goal is None else {**hypotheses, "not the goal": z3.Not(goal)}


def _model(solver: z3.Solver, formulas: dict[str, z3.BoolRef]) -> Structure | None:
    """The model of a solver that has found one, if it can be read."""
    try:
        return read_model(solver.model(), formulas.values())
    except z3.Z3Exception as error:
        if "memory" in str(error):
            raise  # the process is of no use any more
        return None


SMALL_SECONDS = 2.0  # limit for finding a counterexample of few elements or of given sizes
MOST_SETS = 40  # of hypotheses that were found satisfiable last


class Satisfiable:
    """Remembers which sets of hypotheses were found satisfiable, and how, since many conditions share one.

    ``terms`` are those of the conditions, which share most of theirs as well.
    """

    def __init__(self) -> None:
        """Nothing is remembered at first."""
        self.terms = KeptTerms()
        self._models = KnownModels()
        self._more: deque[tuple[frozenset[int], Confirmation]] = deque(maxlen=MOST_SETS)
        self._witnesses: dict[tuple[int, ...], tuple[Condition, Confirmation]] = {}
        self._known: dict[tuple[int, ...], tuple[Condition, Confirmation]] = {}

    def check(self, condition: Condition, settings: Settings) -> Confirmation:
        """Whether the hypotheses have a model: one that was found for others, or one that z3 finds.

        It counts if it was evaluated, or cvc5 agrees. A model of some hypotheses is one of fewer.
        """
        key = tuple(formula.get_id() for formula in condition.hypotheses.values())
        if key not in self._known:
            found = self._of_more(frozenset(key)) or self._models.of(condition.hypotheses)
            if found is None:
                found = _confirmed(condition, settings)
                if found.verdict is None and found.model is not None:
                    self._models.add(found.model, condition.hypotheses)
                if found.verdict is None:
                    self._more.appendleft((frozenset(key), found))
            # The condition keeps its formulas' numbers in use.
            self._known[key] = (condition, found)
        return self._known[key][1]

    def _of_more(self, key: frozenset[int]) -> Confirmation | None:
        """What showed that hypotheses are satisfiable of which these are some."""
        return next((found for more, found in self._more if key <= more), None)

    def witness(self, condition: Condition, settings: Settings) -> Confirmation:
        """A state of least size in which the hypotheses hold; the one that showed it, if sizes are given or none is."""
        key = tuple(formula.get_id() for formula in condition.hypotheses.values())
        if key not in self._witnesses:
            model = None if condition.sizes else least(condition.hypotheses, settings.seconds)
            found = judged(model, condition.hypotheses) or self.check(condition, settings)
            self._witnesses[key] = (condition, found)
        return self._witnesses[key][1]


def _confirmed(condition: Condition, settings: Settings) -> Confirmation:
    """What z3 says of the hypotheses alone, confirmed or contradicted."""
    hypotheses = condition.hypotheses

    def second() -> Answer:
        text = smtlib(replace(condition, goal=z3.BoolVal(False)))
        finite = bool(symbols(hypotheses.values())[0])
        return ask_cvc5(text, settings.seconds / 2, settings.seed, finite_models=finite, expected=answer.result)

    alike = confirm_alike(hypotheses, condition.alike, settings.seconds) if condition.alike else None
    shown = alike or _of_sizes(hypotheses, condition, settings.seconds)
    if shown is not None:
        return shown
    answer, core = _ask_z3(hypotheses, None, min(settings.seconds, settings.soon), settings.seed)
    if answer.result == "unknown":  # many formulas at once: a small model may be found where none of any size is
        small = _few(hypotheses) or _evaluated(least(hypotheses, settings.seconds), hypotheses)
        if small is not None:
            return small
        answer, core = _ask_z3(hypotheses, None, settings.seconds, settings.seed)
    if answer.result == "sat":
        return confirm(hypotheses, answer.model, second, settings.seconds / 2)
    if answer.result != "unsat":
        return Confirmation(Verdict.UNKNOWN, f"whether the hypotheses are satisfiable: {answer.reason or 'no answer'}")
    if settings.solvers != Solvers.Z3 and second().result == "sat":
        reason = "z3 finds that the hypotheses contradict each other, cvc5 that they are satisfiable: "
        return Confirmation(Verdict.DISAGREEMENT, reason + "; ".join(core), core)
    return Confirmation(Verdict.VACUOUS, "the hypotheses contradict each other: " + "; ".join(core), core)


def _few(formulas: Hypotheses) -> Confirmation | None:
    """A model of few elements; it was evaluated."""
    return _evaluated(model_of_few(formulas.values(), SMALL_SECONDS), formulas)


def _of_sizes(formulas: Hypotheses, condition: Condition, seconds: float) -> Confirmation | None:
    """A model of the sizes that the condition gives, if it gives some; it was evaluated."""
    return _evaluated(model_of_sizes(formulas.values(), condition.sizes, seconds), formulas)


def _evaluated(model: Structure | None, formulas: Hypotheses) -> Confirmation | None:
    """What a model shows that holds when it is evaluated."""
    found = judged(model, formulas)
    return found if found is not None and found.verdict is None else None


def discharge(condition: Condition, satisfiable: Satisfiable, settings: Settings | None = None) -> Outcome:
    """Decide a verification condition: are its hypotheses satisfiable, and do they imply the goal?

    That they are satisfiable is shown by a model that is evaluated, whoever is asked about the goal. Where z3 proves
    it, cvc5 is asked whether the hypotheses that z3 needed imply the goal, so that it confirms these. A certificate is
    of these, too.

    :returns: ``PROVED``, ``UNPROVED`` (a counterexample exists), ``VACUOUS``, ``UNKNOWN`` or ``DISAGREEMENT``.
    """
    settings = settings or Settings()
    satisfiable.terms.keep((*condition.hypotheses.values(), condition.goal))
    outside = outside_of_fragment(condition)
    check_named((*condition.hypotheses.values(), condition.goal))
    started = process_time()
    shown = satisfiable.check(condition, settings)
    if shown.verdict is not None:
        return Outcome(shown.verdict, process_time() - started, shown.contradiction, (), outside, shown.reason)
    answers, used = [], tuple[str, ...]()
    asked = condition
    if settings.solvers != Solvers.CVC5:
        answer, used = _refuted(condition, settings)
        answers.append(answer)
        if answer.result == "unsat":
            asked = replace(condition, hypotheses={name: condition.hypotheses[name] for name in used})
    if settings.solvers != Solvers.Z3:
        finite = not outside and has_finite_models((*condition.hypotheses.values(), condition.goal))
        expected = answers[0].result if answers else "unsat"
        text = smtlib(asked)
        answers.append(ask_cvc5(text, settings.seconds, settings.seed, finite_models=finite, expected=expected))
    verdict, reason = joint(answers)
    found = None
    if verdict == Verdict.UNPROVED:
        found = _shown(condition, next((answer.model for answer in answers if answer.model is not None), None))
        if found is not None and found.verdict is not None:
            verdict, reason = found.verdict, f"the counterexample does not hold: {found.reason}"
    spent = process_time() - started
    outcome = Outcome(verdict, spent, used, (), outside, reason, tuple(answers), satisfiable=shown.sentence)
    outcome = replace(outcome, evaluated=shown.model is not None, counterexample=found.model if found else None)
    if verdict == Verdict.PROVED and settings.solvers != Solvers.CVC5:
        outcome = replace(outcome, unused=tuple(name for name in condition.hypotheses if name not in used))
    return _more_evidence(condition, asked, outcome, satisfiable, settings)


def _refuted(condition: Condition, settings: Settings) -> tuple[Answer, tuple[str, ...]]:
    """Whether the condition has a counterexample: what z3 says, and the core if it has none.

    z3 proves quickly and refutes slowly: where it has no answer soon, a counterexample of few elements is looked for
    before it has all its time, and one of least size after that. Such a one counts if it was evaluated. Between the two
    z3 is asked with other seeds, if the settings name some.
    """
    hypotheses, goal = condition.hypotheses, condition.goal
    soon = min(settings.seconds, settings.soon)
    answer, used = _ask_z3(hypotheses, goal, soon, settings.seed)
    if answer.result != "unknown":
        return answer, used
    started = process_time() - answer.seconds
    negated = _negated(hypotheses, goal)
    small = _few(negated) or _of_sizes(negated, condition, SMALL_SECONDS)
    if small is None:
        for seed in settings.seeds:
            answer, used = _ask_z3(hypotheses, goal, settings.again, seed)
            if answer.result != "unknown":
                return replace(answer, seconds=process_time() - started), used
        if soon < settings.seconds:
            answer, used = _ask_z3(hypotheses, goal, settings.seconds, settings.seed)
        if answer.result == "unknown":
            small = _evaluated(least(negated, settings.seconds), negated)
    if small is not None:
        return Answer("z3", "sat", process_time() - started, model=small.model), ()
    return answer, used


def _shown(condition: Condition, model: Structure | None) -> Confirmation | None:
    """What z3's counterexample amounts to when it is evaluated; none if it cannot be, or was not read."""
    return judged(model, _negated(condition.hypotheses, condition.goal))


def _more_evidence(
    condition: Condition, needed: Condition, outcome: Outcome, satisfiable: Satisfiable, settings: Settings
) -> Outcome:
    """The outcome with what was asked for beyond the solvers' verdict.

    :param needed: the condition with the hypotheses that z3 needed, as far as that is known.
    """
    if settings.stability and outcome.verdict in (Verdict.PROVED, Verdict.UNPROVED):
        outcome = _stability(condition, outcome, settings)
    if settings.certify and outcome.verdict == Verdict.PROVED:
        certificate = certify(needed) if not outcome.outside else None
        if certificate is None:
            outcome = replace(outcome, certificate="outside the decidable fragment: not grounded")
        elif certificate.refuted_by:
            outcome = replace(outcome, verdict=Verdict.DISAGREEMENT, reason=certificate.refuted_by)
        else:
            outcome = replace(outcome, certified=certificate.checked, certificate=certificate.sentence)
    if (settings.witness or settings.model) and outcome.verdict in (Verdict.PROVED, Verdict.UNPROVED):
        outcome = _with_witness(condition, outcome, satisfiable, settings)
    return outcome


def _with_witness(condition: Condition, outcome: Outcome, satisfiable: Satisfiable, settings: Settings) -> Outcome:
    """The outcome with a state in which the hypotheses hold; what is proved without one where one is due is unknown."""
    shown = (satisfiable.witness if settings.witness else satisfiable.check)(condition, settings)
    if shown.verdict is not None:
        return replace(outcome, verdict=shown.verdict, reason=shown.reason)
    if shown.model is None and settings.witness and outcome.verdict == Verdict.PROVED:
        reason = f"no state can be shown in which the hypotheses hold ({shown.sentence})"
        return replace(outcome, verdict=Verdict.UNKNOWN, reason=reason)
    return replace(outcome, witness=shown.model)


def _stability(condition: Condition, outcome: Outcome, settings: Settings) -> Outcome:
    """Ask z3 again with other seeds, the hypotheses in other orders; a verdict that changes is none."""
    answers = [answer for answer in outcome.answers if answer.solver == "z3"]
    for number in range(1, settings.stability + 1):
        names = list(condition.hypotheses)
        random.Random(settings.seed + number).shuffle(names)
        shuffled = {name: condition.hypotheses[name] for name in names}
        answers.append(_ask_z3(shuffled, condition.goal, settings.seconds, settings.seed + number)[0])
    results = tuple(dict.fromkeys(answer.result for answer in answers))
    spread = Spread(
        len(answers), _ratio([a.seconds for a in answers]), _ratio([float(a.resources) for a in answers]), results
    )
    if spread.stable:
        return replace(outcome, spread=spread)
    verdict = Verdict.DISAGREEMENT if {"sat", "unsat"} <= set(results) else Verdict.UNKNOWN
    reason = f"not stable: {' and '.join(results)} in {spread.runs} runs with other seeds and orders"
    return replace(outcome, verdict=verdict, reason=reason, spread=spread)


def _ratio(figures: list[float]) -> float:
    return max(figures) / max(min(figures), 1e-9) if figures else 1.0


def discharge_all(
    conditions: Iterable[Condition], satisfiable: Satisfiable, settings: Settings | None = None
) -> Outcome:
    """Decide conditions that together make one obligation: proved if each is, otherwise as the first that is not.

    What stays unknown does not end it: a later condition may have a counterexample, and then the obligation has it.
    What was used is what some condition used. No condition at all proves nothing.
    """
    outcomes: list[Outcome] = []
    hypotheses: dict[str, None] = {}
    settings = settings or Settings()
    for condition in conditions:
        outcome = discharge(condition, satisfiable, settings)
        if outcome.witness is not None:
            settings = replace(settings, witness=False, model=False)  # one is shown
        if not outcome.certified:
            settings = replace(settings, certify=False)  # what is certified in part is not certified
        hypotheses |= dict.fromkeys(condition.hypotheses)
        outcomes.append(outcome)
        if outcome.verdict not in (Verdict.PROVED, Verdict.UNKNOWN):
            break
    if not outcomes:
        return Outcome(Verdict.ERROR, reason="the obligation has no condition to prove")
    return _together(outcomes, tuple(hypotheses))


def _telling(outcomes: list[Outcome]) -> Outcome:
    """The outcome whose verdict is the obligation's: what ended it, else the first that is unknown, else the last."""
    last = outcomes[-1]
    if last.verdict not in (Verdict.PROVED, Verdict.UNKNOWN):
        return last
    return next((each for each in outcomes if each.verdict == Verdict.UNKNOWN), last)


def _together(outcomes: list[Outcome], hypotheses: tuple[str, ...]) -> Outcome:
    """One outcome for an obligation of several conditions: the verdict of one, everybody's figures."""
    telling = _telling(outcomes)
    if len(outcomes) == 1:
        return telling
    used = tuple(dict.fromkeys(name for outcome in outcomes for name in outcome.used))
    asked_for_core = any(answer.solver == "z3" for answer in telling.answers)
    unused = tuple(name for name in hypotheses if name not in used) if telling.verdict == Verdict.PROVED else ()
    uncertified = [outcome.certificate for outcome in outcomes if not outcome.certified]
    spreads = [outcome.spread for outcome in outcomes if outcome.spread]
    return replace(
        telling,
        seconds=sum(outcome.seconds for outcome in outcomes),
        used=used,
        unused=unused if asked_for_core else (),
        outside=next((outcome.outside for outcome in outcomes if outcome.outside), ""),
        answers=_added(outcomes),
        certified=not uncertified,
        certificate=next(iter(uncertified), telling.certificate),
        spread=max(spreads, key=lambda spread: max(spread.time, spread.resources)) if spreads else None,
        witness=next((outcome.witness for outcome in outcomes if outcome.witness), None),
        evaluated=all(outcome.evaluated for outcome in outcomes),
        satisfiable="; ".join(dict.fromkeys(outcome.satisfiable for outcome in outcomes if outcome.satisfiable)),
    )


def _added(outcomes: list[Outcome]) -> tuple[Answer, ...]:
    """For each solver that was asked every time its last answer, with the time and resources of all its answers."""
    by_solver: dict[str, Answer] = {}
    always = set.intersection(*({answer.solver for answer in outcome.answers} for outcome in outcomes))
    for outcome in outcomes:
        for answer in outcome.answers:
            if answer.solver not in always:
                continue
            earlier = by_solver.get(answer.solver)
            if earlier:
                seconds, resources = earlier.seconds + answer.seconds, earlier.resources + answer.resources
                answer = replace(answer, seconds=seconds, resources=resources)
            by_solver[answer.solver] = answer
    return tuple(by_solver.values())
