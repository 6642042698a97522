"""The proofs: obligations, engines, counterexamples, reports and the command line."""
