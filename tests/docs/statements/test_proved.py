"""Every obligation is in a part of the table of what is proved, so that no build is needed to notice another."""

from itertools import chain

from musigma_docs.statements.proved import parts

from proofs.registry import known


def test_every_obligation_is_in_a_part() -> None:
    in_parts = {each.id for part in parts() for each in chain(*part.obligations)}
    assert known().keys() == in_parts
