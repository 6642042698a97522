"""The second solver: cvc5, given the same condition as SMT-LIB 2 text."""

from collections.abc import Iterator
from time import process_time

from proofs.engines.smt.outcome import Answer

NAME = "cvc5"
_ANSWERS = ("sat", "unsat")


def ask_cvc5(text: str, seconds: float, seed: int, *, finite_models: bool) -> Answer:
    """Ask cvc5 a text with one ``check-sat``.

    :param seconds: the limit.
    :param finite_models: look for finite models as well, which decides effectively propositional conditions.

    >>> text = "(set-logic UF)(declare-fun p () Bool)(assert (and p (not p)))(check-sat)"
    >>> ask_cvc5(text, 1, 0, finite_models=True).result
    'unsat'
    """
    started = process_time()
    reason = "no time"
    for finite, limit in _tries(seconds) if finite_models else [(False, seconds)]:
        options = _options(limit, seed, finite_models=finite)
        if not finite and limit > SHORTEST:
            options["enum-inst"] = "true"  # go on where the terms that occur have given all that they give
        answer, reason = _answer(text, options)
        if answer in _ANSWERS:
            return Answer(NAME, answer, process_time() - started)
    return Answer(NAME, "unknown", process_time() - started, reason)


SHORTEST = 0.5  # seconds of a first try
LONGER = 4  # times as long is the next


def _tries(seconds: float) -> Iterator[tuple[bool, float]]:
    """Share the time between the two ways, by turns and each time longer.

    Most conditions need only instances of the terms that occur in them, which is several times as fast, and finds no
    model where a finite one is easily found; nothing tells beforehand which of the two ends.

    >>> list(_tries(10))
    [(False, 0.5), (True, 0.5), (False, 2.0), (True, 2.0), (False, 2.5), (True, 2.5)]
    >>> list(_tries(2)), list(_tries(1.6)), list(_tries(0))
    ([(False, 0.5), (True, 0.5), (False, 0.5), (True, 0.5)], [(False, 0.8), (True, 0.8)], [])
    """
    limit = SHORTEST
    while seconds > 0:
        if seconds < 4 * limit:  # one more try of each would leave less than that for the next
            limit = seconds / 2
        yield False, limit
        yield True, limit
        seconds -= 2 * limit
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
