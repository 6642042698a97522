"""JSON that others wrote: whatever is wrong with it is a ``ValueError``."""

import json
from typing import Any


def values_in(text: str | bytes) -> Any:
    """The values that a text in JSON holds.

    >>> values_in('{"op": "map"}')
    {'op': 'map'}

    :raises ValueError: it is no JSON, a number in it is too long, or it is nested too deeply.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise
    except ValueError:
        raise ValueError("a number in it is too long") from None
