"""``musigma examples``: the files that the guides work with, for who installed a package."""

from pathlib import Path
from typing import Annotated

import typer

from proofs.commands.shared.common import UsageError
from proofs.input.examples import EXAMPLES


def examples(
    folder: Annotated[Path, typer.Argument(help="The folder to copy into, which is made if there is none.")] = Path(),
) -> None:
    """Copy the examples and headers that the guides work with, so that their commands run as written.

    The examples come under docs/examples and the headers of a database in C under refinement/check. A file that is
    there already and differs is kept, and nothing is copied.

    Exit status 0 means that all files are there.
    """
    if not EXAMPLES.is_dir():
        raise UsageError("the examples are not installed: run it from a checkout of the sources, or from a package")
    copies = {folder / place: content for place, content in _files().items()}
    try:
        for path, content in copies.items():
            if path.exists() and path.read_bytes() != content:
                raise UsageError(f"{path} is there already, and differs: move it away, or name another folder")
        for path, content in copies.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"cannot copy to {folder}: {error}; name a folder that can be written into") from None
    for place in sorted({path.parent for path in copies}):
        typer.echo(f"{place}: {sum(path.parent == place for path in copies)} files")


def _files() -> dict[Path, bytes]:
    """Where each file is to stand, with what is in it."""
    import refinement.check as check

    headers = Path(check.__file__).parent
    found = {Path("docs", "examples", path.name): path for path in EXAMPLES.iterdir() if path.is_file()}
    found |= {Path("refinement", "check", path.name): path for path in headers.glob("*.h")}
    return {place: path.read_bytes() for place, path in sorted(found.items())}
