"""One mechanism of real defects, and the changes of our own artefacts that stand for it."""

from dataclasses import dataclass

OWN = "our own"


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A mechanism by which mapping databases fail: one row of the matrix.

    Each layer has its own changes that stand for it; one mechanism often has several, and so a row has a finding for
    each of them and each engine meant for its layer.

    :param name: what it is called.
    :param topic: the part of the kernel that it belongs to.
    :param mechanism: how it goes wrong, in one sentence.
    :param seen_in: where such a defect was seen; ``our own`` if only thought of.
    :param theory: changes of the theory's actions or beginnings, by name (proof and exploration).
    :param kernel: broken kernels, by name (state machine, and proof of code if it is meant for them).
    :param sized: defects of the database with page sizes, as ``sized:NAME`` (check).
    :param code: broken functions, formats, and kernels whose results are right, by name (proof of code).
    :param interleaved: kernels on several cores, by name (interleaving).
    :param reference: values of the C reference's ``MUSIGMA_FAULT`` (check).
    """

    name: str
    topic: str
    mechanism: str
    seen_in: str
    theory: tuple[str, ...] = ()
    kernel: tuple[str, ...] = ()
    reference: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    sized: tuple[str, ...] = ()
    interleaved: tuple[str, ...] = ()

    @property
    def changes(self) -> int:
        """Return the number of changes that stand for it."""
        return len(self.changed)

    @property
    def changed(self) -> tuple[str, ...]:
        """The changes that stand for it, in every layer."""
        return (*self.theory, *self.kernel, *self.reference, *self.code, *self.sized, *self.interleaved)


@dataclass(frozen=True, slots=True)
class Absent:
    """A mechanism that is not in the catalogue, and why."""

    name: str
    mechanism: str
    seen_in: str
    why: str


def passed(what: str) -> tuple[str, ...]:
    """A change that map and grant both can have."""
    return (f"map-{what}", f"grant-{what}")
