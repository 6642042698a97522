"""The kernel's operations under locks: what each touches is guarded by what it holds."""
