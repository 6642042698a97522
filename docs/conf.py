"""Configuration of the documentation."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))
# The notebook's kernel is a process of its own, and runs this checkout.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(Path(__file__).parent.parent), os.getenv("PYTHONPATH")]))

from musigma_docs.pages import stamp

project = "musigma"
author = "The musigma maintainers"
project_copyright = "2026, The musigma maintainers"
release = version = stamp.version()

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "myst_nb",
    "sphinxcontrib.rsvgconverter",
    "musigma_docs",
]
exclude_patterns = ["_build", "_ext", "examples"]
nitpicky = False
# Signatures name classes by short names, of which some stand in two rooms.
suppress_warnings = ["ref.python"]

# The notebook is executed in each build, and a cell that fails fails the build.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300

html_theme = "furo"
html_title = "musigma"
html_static_path = ["_static"]
html_css_files = ["musigma.css"]
html_math_renderer = "mathml"
html_show_sphinx = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_default_options = {"members": True}
maximum_signature_line_length = 88
toc_object_entries = False

# The prompt is not copied, and the output neither.
copybutton_prompt_text = "$ "
copybutton_exclude = ".linenos, .gp, .go"

graphviz_output_format = "svg"

# On paper: XeLaTeX, with fonts that have the paper's signs.
latex_engine = "xelatex"
latex_documents = [("index", "musigma.tex", "musigma: the specification", author, "manual")]
latex_domain_indices = False
latex_use_xindy = False
latex_show_urls = "footnote"
latex_elements = {
    "papersize": "a4paper",
    "fontpkg": r"""
\setmainfont{DejaVu Serif}[Scale=0.82]
\setsansfont{DejaVu Sans}[Scale=0.82]
\setmonofont{DejaVu Sans Mono}[Scale=0.78]
\newfontfamily{\symbols}{DejaVu Sans}[Scale=0.82]
\usepackage{amssymb, newunicodechar}
\newunicodechar{≺}{\ensuremath{\prec}}
\newunicodechar{⊀}{\ensuremath{\nprec}}
\newunicodechar{✓}{{\symbols ✓}}
\newunicodechar{✗}{{\symbols ✗}}
\newunicodechar{⪯}{\ensuremath{\preceq}}
""",
    # Names break at their underscores; entries stand between two lines; in the contents numbers have room.
    "preamble": r"""
\let\plainunderscore\_
\protected\def\_{\plainunderscore\ifmmode\else\allowbreak\fi}
\newcommand{\entryline}{\par\addvspace{4pt}\noindent{\color{gray}\rule{\linewidth}{0.4pt}}\par\addvspace{2pt}}
\newenvironment{sphinxclassmu-entry}{\entryline}{\entryline}
\usepackage{etoolbox}
\makeatletter
\patchcmd{\l@chapter}{1.5em}{2.2em}{}{}
\renewcommand*\@pnumwidth{2.2em}
\renewcommand{\sphinxtableofcontentshook}{%
  \renewcommand*\l@section{\@dottedtocline{1}{2.2em}{3.6em}}%
  \renewcommand*\l@subsection{\@dottedtocline{2}{5.8em}{4em}}}
\makeatother
""",
    "tableofcontents": r"\setcounter{tocdepth}{1}\sphinxtableofcontents",
    "fncychap": "",
    "makeindex": "",
    "printindex": "",
    "extraclassoptions": "openany,oneside",
}
