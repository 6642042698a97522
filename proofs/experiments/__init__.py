"""Sections 4 and 5 of the paper as experiments: each number by formula, by simulation, or both, beside the paper's.

A formula takes its values from the data of a processor (:mod:`machine.costs.processor`); a simulation runs the machine
with a ledger (:mod:`machine.costs.core`). Nothing here is a proof: those are in :mod:`proofs.obligations.costs`.
"""
