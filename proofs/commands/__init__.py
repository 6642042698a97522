"""The commands: each reads what the user wrote, calls an engine, writes a report. Solvers load when needed."""
