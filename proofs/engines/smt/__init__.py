"""Solvers asked: z3, cvc5, and the model that a satisfiable answer gives."""
