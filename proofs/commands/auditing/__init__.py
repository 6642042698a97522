"""The parts of ``musigma audit``."""
