"""The second solver: cvc5, given the same condition as SMT-LIB 2 text."""

from collections.abc import Iterator
from time import process_time

from proofs.engines.smt.outcome import Answer

NAME = "cvc5"
_ANSWERS = ("sat", "unsat")


def ask_cvc5(text: str, seconds: float, seed: int, *, finite_models: bool, expected: str = "unsat") -> Answer:
    """Ask cvc5 a text with one ``check-sat``.

    :param seconds: the limit.
    :param finite_models: look for finite models as well, which decides effectively propositional conditions.
    :param expected: ``sat`` or ``unsat``, as another solver says: the way that finds such an answer has the first try,
        and most of the time.

    >>> text = "(set-logic UF)(declare-fun p () Bool)(assert (and p (not p)))(check-sat)"
    >>> ask_cvc5(text, 1, 0, finite_models=True).result
    'unsat'
    """
    started = process_time()
    reason = "no time"
    tries = _tries(seconds, finite_first=expected == "sat") if finite_models else [(False, seconds)]
    for finite, limit in tries:
        answer, reason = _answer(text, _options(limit, seed, finite_models=finite))
        if answer in _ANSWERS:
            return Answer(NAME, answer, process_time() - started)
    return Answer(NAME, "unknown", process_time() - started, reason)


SHORTEST = 0.4  # seconds of a first try
SHARE = 4  # times as long as the way that is less likely to end
LONGER = 4  # times as long is the next


def _tries(seconds: float, *, finite_first: bool) -> Iterator[tuple[bool, float]]:
    """Share the time between the two ways, by turns and each time longer.

    Instances refute most conditions several times as fast as finite models, which they never find; some conditions
    are refuted by finite models alone. So both have some of the time, whatever is expected.

    >>> list(_tries(10, finite_first=False))
    [(False, 0.4), (True, 0.1), (False, 1.6), (True, 0.4), (False, 6.0), (True, 1.5)]
    >>> list(_tries(0.75, finite_first=True)), list(_tries(0, finite_first=True))
    ([(True, 0.6), (False, 0.15)], [])
    """
    limit = SHORTEST
    while seconds > 0:
        both = limit + limit / SHARE
        if seconds < 2 * both:  # one more try of each would leave less than that for the next
            limit = seconds * SHARE / (SHARE + 1)
            both = seconds
        yield finite_first, limit
        yield not finite_first, limit / SHARE
        seconds -= both
        limit *= LONGER


def _answer(text: str, options: dict[str, str]) -> tuple[str, str]:
    """The first word of what cvc5 prints, and all of it."""
    try:
        printed = _run(text, options)
    except RuntimeError as error:  # cvc5 raises nothing more special
        return "", f"cvc5 does not take the text: {error}".strip()
    return printed.split()[0] if printed else "", printed or "no answer"


def proof_of(text: str, seconds: float, seed: int) -> str:
    """cvc5's own proof that the text is unsatisfiable, as it prints it.

    :raises ValueError: it finds none.
    """
    options = {**_options(seconds, seed, finite_models=False), "produce-proofs": "true", "verbosity": "-1"}
    del options["fresh-binders"]  # the solver has no proofs with it, and renames bound variables all the same
    try:
        printed = _run(text + "\n(get-proof)\n", options)
    except RuntimeError as error:
        raise ValueError(f"cvc5 gives no proof: {error}") from None
    result, _, proof = printed.partition("\n")
    if result.strip() != "unsat" or not proof.strip():
        raise ValueError(f"cvc5 gives no proof: it answers {result.strip() or 'nothing'}")
    return proof


def _options(seconds: float, seed: int, finite_models: bool) -> dict[str, str]:
    options = {"tlimit-per": str(int(seconds * 1000)), "seed": str(seed), "fresh-binders": "true"}
    if finite_models:
        options["finite-model-find"] = "true"
    else:
        options["enum-inst"] = "true"  # go on where the terms that occur have given all that they give
    return options


def _run(text: str, options: dict[str, str]) -> str:
    import cvc5  # in a worker, not in the process that waits for it

    solver = cvc5.Solver(cvc5.TermManager())
    for option, value in options.items():
        solver.setOption(option, value)
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "condition")
    printed = []
    while not (command := parser.nextCommand()).isNull():
        printed.append(str(command.invoke(solver, parser.getSymbolManager())))
    return "".join(printed).strip()
