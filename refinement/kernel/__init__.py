"""A kernel as kernels are: mapping tree, page tables, tags, and its lockstep with the model."""
