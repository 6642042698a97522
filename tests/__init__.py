"""The tests, in the folders of what they test, and where the project lies."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "docs" / "examples"
