"""Every interleaving of a few calls of the kernel on a few cores, at small scope."""
