"""The hunters of a fault: proofs, exploration, lockstep, the check; and the matrix of all."""
