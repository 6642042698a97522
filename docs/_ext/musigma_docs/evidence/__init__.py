"""What pages rest on: runs of the command, console sessions, and the record of mutants."""
