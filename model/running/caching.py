# numba is not typed.
# mypy: disable-error-code="no-untyped-call,misc"
"""Compiled code on disk that is checked before it is run: each file begins with a digest of what follows.

Numba unpickles whatever it finds. A file that was cut short, or that something else was written into, then ends every
later run; and one with a single wrong byte runs. Here such a file is removed, and the function compiled anew. Importing
this module imports numba.
"""

import hashlib
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from numba import __version__, config, njit
from numba.core.caching import FunctionCache, IndexDataCacheFile, NullCache

from model.running.notice import compiling

_FORM = f"musigma 1, numba {__version__}\n".encode()


def _sealed(data: bytes) -> bytes:
    """The data with a digest before it."""
    return _FORM + hashlib.sha256(data).digest() + data


def _opened(path: str) -> bytes:
    """What was sealed in a file.

    :raises ValueError: the file is not as it was written.
    """
    text = Path(path).read_bytes()
    data = text[len(_FORM) + hashlib.sha256().digest_size :]
    if text != _sealed(data):
        raise ValueError(f"{path} is damaged")
    return data


def _discard(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:  # it cannot be removed, and is not used either
        return


class _Files(IndexDataCacheFile):
    """Numba's files, sealed. An entry names the signature that it was compiled for, since processes may race."""

    def load(self, key: Any) -> Any:
        """Return the value kept for a signature; None if there is none, or none to be trusted."""
        entry = super().load(key)
        return entry[1] if entry is not None and entry[0] == key else None

    def save(self, key: Any, data: Any) -> None:
        """Keep what was compiled for a signature, if the directory lets us."""
        try:
            super().save(key, (key, data))
        except OSError:  # the code is compiled again the next time
            return

    def _load_index(self) -> Any:
        found = self._unpickled(self._index_path)
        return found[1] if found is not None and found[0] == self._source_stamp else {}

    def _save_index(self, overloads: Any) -> None:
        with self._open_for_write(self._index_path) as file:
            file.write(_sealed(self._dump((self._source_stamp, overloads))))

    def _load_data(self, name: str) -> Any:
        return self._unpickled(self._data_path(name))

    def _save_data(self, name: str, data: Any) -> None:
        with self._open_for_write(self._data_path(name)) as file:
            file.write(_sealed(self._dump(data)))

    def _unpickled(self, path: str) -> Any:
        try:
            return pickle.loads(_opened(path))
        except OSError:
            return None
        except Exception:  # pickle raises whatever the data make it raise
            _discard(path)
            return None


class _Cache(FunctionCache):
    """Numba's cache on sealed files, which never fails: what cannot be loaded is compiled."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        base = self._impl.filename_base
        self._cache_file = _Files(self._cache_path, base, self._impl.locator.get_source_stamp())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The code for a signature; none if it has to be compiled, which is told."""
        found = None
        try:
            found = super().load_overload(sig, target_context)
        except Exception:  # of numba, about code that another machine or version made
            self._forget()
        if found is None:
            compiling()
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the code for a signature, if the directory lets us."""
        try:
            super().save_overload(sig, data)
        except OSError:
            return

    @property
    def is_empty(self) -> bool:
        """Whether no code of the function was kept yet, or what was kept cannot be read."""
        return not self._cache_file._load_index()

    def _forget(self) -> None:
        try:
            self.flush()
        except OSError:
            return


class _NoCache(NullCache):
    """Where nothing can be kept: all is compiled, which is told."""

    def load_overload(self, sig: Any, target_context: Any) -> None:
        compiling()


def cached(directory: Path | None = None, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """A decorator: the function compiled by numba when it is called, or found on disk and found undamaged.

    :param directory: where; numba's own choice if not given. Nothing is kept if it cannot be used.
    :param options: those of ``numba.njit``.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher = njit(**options)(function)
        if dispatcher is function:  # NUMBA_DISABLE_JIT: nothing is compiled, and nothing kept
            return function
        dispatcher._cache = _NoCache()
        settings = cast(Any, config)
        before = settings.CACHE_DIR
        if directory is not None:
            settings.CACHE_DIR = str(directory)
        try:
            cache = _Cache(function)
        except RuntimeError:  # numba finds no directory to write to
            return dispatcher
        finally:
            settings.CACHE_DIR = before
        if directory is None or Path(cache.cache_path).is_relative_to(directory):
            dispatcher._cache = cache
        return dispatcher

    return decorate


def has_to_be_compiled(function: Any) -> bool:
    """Return whether a compiled function has no code, neither here nor on disk, though it would be kept there."""
    cache = getattr(function, "_cache", None)  # a plain function has none
    return isinstance(cache, _Cache) and not function.signatures and cache.is_empty
