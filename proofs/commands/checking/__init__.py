"""The parts of ``musigma check``, each for one kind of target or question."""
