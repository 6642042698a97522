"""The one way to ask z3: an interrupt is no answer, and a second is as long on a busy machine as on an idle one."""

import z3

INTERRUPTED = "interrupted from keyboard"

STEPS = 2_000_000
"""What z3 counts in a second of a processor: in questions that take it seconds, 1 to 3 millions; measured."""

PATIENCE = 5
"""So many times as long it may take by the clock: others are at work, or it does much that it does not count."""

MOST_STEPS = 2**32 - 1


def limit(solver: z3.Solver, seconds: float) -> None:
    """Give z3 so much time for each question, a thousandth of a second at least, by what it counts of its own work.

    By the clock alone, a question that it answers on an idle machine would be unknown on a busy one.

    :param seconds: of a processor.
    """
    milliseconds = max(1, int(seconds * 1000))
    solver.set("rlimit", min(MOST_STEPS, milliseconds * STEPS // 1000))
    solver.set("timeout", milliseconds * PATIENCE)


def answer_of(solver: "z3.Solver | z3.Optimize", *assumptions: z3.ExprRef) -> z3.CheckSatResult:
    """z3's answer to what a solver was given, under some assumptions.

    :raises KeyboardInterrupt: the user interrupts. z3 takes the signal for itself while it works, and says then that it
        does not know; taken for that, a command would go on, and end as if nobody had interrupted it.

    >>> solver, p = z3.Solver(), z3.Bool("p")
    >>> solver.add(p)
    >>> answer_of(solver), answer_of(solver, z3.Not(p))
    (sat, unsat)
    """
    answer = solver.check(*assumptions)
    if answer == z3.unknown and solver.reason_unknown() == INTERRUPTED:
        raise KeyboardInterrupt
    return answer
