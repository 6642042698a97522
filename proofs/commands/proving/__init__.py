"""The parts of ``musigma prove`` and of ``musigma faults`` that ask proofs."""
