"""Traces: counterexamples to induction, shortest runs, monitors."""
