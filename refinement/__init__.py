"""How a kernel does it: page tables and mapping trees on the simulated machine."""
