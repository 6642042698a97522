"""The exit statuses that a check of a kernel shares with the other commands: each number is written here alone."""

EXIT_PASSED = 0  # everything asked for holds
EXIT_FAILED = 1  # something was refuted, or is not proved
EXIT_INCOMPLETE = 3  # nothing was refuted, but something stayed unknown or failed in the tool
EXIT_INTERNAL = 70  # the tool failed, and nothing is known; sysexits.h calls it EX_SOFTWARE
EXIT_INTERRUPTED = 130  # a signal ended it
