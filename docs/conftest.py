"""What of the documentation is no test: what sessions execute, and what the build makes."""

collect_ignore = ["_build", "conf.py", "examples"]
