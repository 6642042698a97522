"""Numbers that options take mean the same in every command."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from musigma.cli import COMMANDS, app
from proofs.commands.shared import numbers
from proofs.verdict import EXIT_USAGE

SIZES = (numbers.TARGET_MEMORY, numbers.WORKER_MEMORY, numbers.SEARCH_MEMORY, numbers.STACK)


@pytest.mark.parametrize("read", SIZES)
@pytest.mark.parametrize("text", ["600", "600M", "600MiB", "614400K"])
def test_a_size_is_written_one_way(read: Callable[[Any], int], text: str) -> None:
    assert read(text) == 600 << 20


@pytest.mark.parametrize("read", SIZES)
@pytest.mark.parametrize("text", ["1.5G", "-1", "many", "", "1" + "0" * 30, "5000T"])
def test_what_is_no_size_is_refused(read: Callable[[Any], int], text: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"is no amount of memory from \S+ to \S+, as in 512M or 4G"):
        read(text)


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "1e3", "1" + "0" * 30, "", "ü", "٣", "1_000", "0x10", "1.5"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is no whole number from 0 to 1,000"):
        numbers.SEEDS(text)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "-1", "0", "1e300", "1e-300", "", "ü"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"is no time from 0\.1 to 1,000,000 seconds"):
        numbers.SEARCH_TIME(text)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_that_takes_a_number_has_a_range(command: str) -> None:
    run = CliRunner()
    told = run.invoke(app, [command, "--help"], env={"COLUMNS": "200"}).output
    options = re.findall(r"^ +(--[\w-]+)(?:, --[\w-]+)* +<(?:int|float)[ >]", told, re.MULTILINE)
    assert bool(options) == (command not in ("monitor", "examples"))
    for option in options:
        for nonsense in ("1" + "0" * 30, "inf"):
            ended = run.invoke(app, [command, option, nonsense])
            assert ended.exit_code == EXIT_USAGE
            assert re.search(rf"Invalid value for '{option}'.* (is no|should be) ", " ".join(ended.output.split()))
