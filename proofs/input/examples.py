"""Where the documentation's examples are: in a checkout under ``docs``, in an installed package beside the face."""

from pathlib import Path

_HOME = Path(__file__).parents[2]
_PLACES = (_HOME / "docs" / "examples", _HOME / "musigma" / "examples")

# The folder; in a copy of the packages alone, one that does not exist.
EXAMPLES = next((place for place in _PLACES if place.is_dir()), _PLACES[0])
