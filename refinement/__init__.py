"""The kernel: page tables and mapping trees on the simulated machine."""
