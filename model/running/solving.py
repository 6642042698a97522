"""The one way to ask z3: an interrupt is no answer."""

import z3

INTERRUPTED = "interrupted from keyboard"


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
