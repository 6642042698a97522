"""The parts of ``musigma explore``, each for one kind of state."""
