"""A kernel that maps ranges: one node a large mapping, one leaf a large page; what is taken in part is taken apart."""
