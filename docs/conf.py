"""Configuration of the documentation."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "musigma"
author = "The musigma maintainers"
project_copyright = "2026, The musigma maintainers"
release = version = installed_version("musigma")

extensions = ["sphinx.ext.autodoc", "sphinx.ext.viewcode", "sphinx_copybutton", "musigma_docs"]
exclude_patterns = ["_build", "_ext", "examples"]
nitpicky = False
# What no page speaks of yet.
suppress_warnings = ["musigma.coverage", "musigma.undescribed"]

html_theme = "furo"
html_title = "musigma"
html_static_path = ["_static"]
html_css_files = ["musigma.css"]
html_math_renderer = "mathml"
html_show_sphinx = False

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_default_options = {"members": True}

# The prompt is not copied, and the output neither.
copybutton_prompt_text = "$ "
copybutton_exclude = ".linenos, .gp, .go"

graphviz_output_format = "svg"
