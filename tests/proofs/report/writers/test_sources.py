"""Where an obligation is written, for every obligation there is."""

from proofs.registry import known
from proofs.report.writers.describe import source_of
from tests import ROOT


def test_every_obligation_has_a_file_and_a_line() -> None:
    for obligation in known().values():
        file, line = source_of(obligation)
        assert len((ROOT / file).read_text("utf-8").splitlines()) >= line >= 1, obligation.id
