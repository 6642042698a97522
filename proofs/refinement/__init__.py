"""Why the kernel's code refines the theory, and what hardware makes of it: proofs about the source that runs."""
