"""Quantities as a data sheet has them: a number, a range, unknown, or none at all. No arithmetic invents one."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, TypeAlias

Number: TypeAlias = int | Fraction


@dataclass(frozen=True, slots=True)
class Quantity:
    """All values from the least to the most; unknown without them; and with ``applies`` false there is none at all.

    >>> print(Quantity(9, 13) * 4, UNKNOWN + exactly(1), NOT_APPLICABLE, exactly(Fraction(1, 2)))
    36…52 ? n/a 0.5
    """

    least: Number | None = None
    most: Number | None = None
    applies: bool = True

    def __post_init__(self) -> None:
        """Refuse half a range, an empty one, and one of what does not apply.

        :raises ValueError: it is one of these.
        """
        if self.least is None or self.most is None:
            if self.least is not self.most:
                raise ValueError("a quantity has a least and a most value, or neither")
        elif self.least > self.most or not self.applies:
            raise ValueError(f"from {self.least} to {self.most} is no range")

    @property
    def known(self) -> bool:
        """Tell whether it has values."""
        return self.least is not None

    @property
    def exact(self) -> Number:
        """Its one value.

        :raises ValueError: it has none, or several.
        """
        if self.least is None or self.least != self.most:
            raise ValueError(f"{self} is no single number")
        return self.least

    def bounds(self) -> tuple[Number, Number]:
        """The least and the most.

        :raises ValueError: they are unknown.
        """
        if self.least is None or self.most is None:
            raise ValueError(f"{self} has no bounds")
        return self.least, self.most

    def _without(self, other: "Quantity") -> "Quantity":
        return UNKNOWN if self.applies and other.applies else NOT_APPLICABLE

    def __add__(self, other: "Quantity") -> "Quantity":
        """Any value of the one and any of the other, added."""
        if not self.known or not other.known:
            return self._without(other)
        least, most = (one + more for one, more in zip(self.bounds(), other.bounds(), strict=True))
        return Quantity(least, most)

    def __sub__(self, other: "Quantity") -> "Quantity":
        """Any value of the one less any of the other."""
        return self + other * -1

    def __mul__(self, factor: Number) -> "Quantity":
        """So many times as much; nothing at all of an unknown quantity is nothing."""
        if not self.known:
            return exactly(0) if factor == 0 else self
        least, most = sorted(end * factor for end in self.bounds())
        return Quantity(least, most)

    def __str__(self) -> str:
        """In short: ``?`` if unknown, ``n/a`` if there is none."""
        if not self.known:
            return "?" if self.applies else "n/a"
        return "…".join(dict.fromkeys(map(_text, self.bounds())))


def exactly(value: Number) -> Quantity:
    """One value."""
    return Quantity(value, value)


def between(one: Quantity, other: Quantity) -> Quantity:
    """From the least of the one to the most of the other; unknown if either is.

    >>> print(between(exactly(36), Quantity(252, 364)))
    36…364
    """
    if not one.known or not other.known:
        return other if one.known else one
    return Quantity(one.bounds()[0], other.bounds()[1])


def _text(value: Number) -> str:
    """At most three decimals, none that is not needed.

    >>> _text(Fraction(47, 3)), _text(Fraction(4)), _text(-2)
    ('15.667', '4', '-2')
    """
    rounded = f"{float(value):.3f}"
    return rounded.rstrip("0").rstrip(".") if value != int(value) else str(int(value))


UNKNOWN: Final = Quantity()
NOT_APPLICABLE: Final = Quantity(applies=False)
