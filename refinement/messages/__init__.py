"""The kernel's threads and messages: blocks, I/O ports, the IPC path, and its lockstep with the literal model."""
