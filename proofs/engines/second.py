"""The second solver: cvc5, given the same condition as SMT-LIB 2 text."""

from time import process_time

from proofs.engines.outcome import Answer

NAME = "cvc5"


def ask_cvc5(text: str, seconds: float, seed: int, *, finite_models: bool) -> Answer:
    """What cvc5 answers to a text with one ``check-sat``.

    :param seconds: the limit.
    :param finite_models: look for finite models, which decides effectively propositional conditions.

    >>> text = "(set-logic UF)(declare-fun p () Bool)(assert (and p (not p)))(check-sat)"
    >>> ask_cvc5(text, 1, 0, finite_models=True).result
    'unsat'
    """
    started = process_time()
    try:
        printed = _run(text, _options(seconds, seed, finite_models))
    except RuntimeError as error:  # cvc5 raises nothing more special
        return Answer(NAME, "unknown", process_time() - started, f"cvc5 does not take the text: {error}".strip())
    result = printed.split(maxsplit=1)[0] if printed else ""
    spent = process_time() - started
    if result in ("sat", "unsat"):
        return Answer(NAME, result, spent)
    return Answer(NAME, "unknown", spent, printed or "no answer")


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
