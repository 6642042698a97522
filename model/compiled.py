"""The functions of :mod:`model.spaces`, compiled by numba: the same source, some hundred times as fast.

Importing this module imports numba; compiled code is kept in numba's cache on disk.
"""

from numba import njit
from numba.extending import register_jitable

from model import spaces

for _helper in (
    spaces.evaluate,
    spaces.derives,
    spaces.clear,
    spaces.flush_below,
    spaces.replace,
    spaces.restrict_below,
    spaces.passed_on,
    spaces.is_refused,
    spaces.is_extended,
):
    register_jitable(_helper)

evaluate = njit(cache=True)(spaces.evaluate)
derives = njit(cache=True)(spaces.derives)
map_ = njit(cache=True)(spaces.map_)
grant = njit(cache=True)(spaces.grant)
flush = njit(cache=True)(spaces.flush)
