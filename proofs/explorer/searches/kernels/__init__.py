"""Sources of compiled kernels; see :mod:`proofs.explorer.searches.specialise`."""
