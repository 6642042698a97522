"""Broken kernels: each is the kernel with one method replaced, and stands for a mechanism of real defects.

What checks kernels must find each of them. A fault's ``kernel`` is used wherever
:class:`~refinement.kernel.kernel.Kernel` is; the proved sources know nothing of faults.

>>> FAULTS["remote-core-forgotten"].sentence
'Only the buffer of the first core is told.'
"""

from refinement.faults import hardware, tree
from refinement.faults.base import FAULTS, Fault

__all__ = ["FAULTS", "Fault", "hardware", "tree"]
