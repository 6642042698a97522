"""Moved; goes when its last importer has moved."""

from proofs.execution.path import *  # noqa: F403
from proofs.execution.path import Cut, Path, TooManyPathsError, negated, paths  # noqa: F401
from proofs.execution.values import *  # noqa: F403
