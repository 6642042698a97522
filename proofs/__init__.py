"""Why it is right: obligations, engines, counterexamples, reports and the command line."""
