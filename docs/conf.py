"""Configuration of the documentation."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "musigma"
author = "The musigma maintainers"
project_copyright = "2026, The musigma maintainers"
release = version = installed_version("musigma")

extensions = ["sphinx.ext.autodoc", "sphinx.ext.viewcode", "tables"]
html_theme = "furo"
html_title = "musigma"
exclude_patterns = ["_build", "examples"]
nitpicky = False

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_default_options = {"members": True}
