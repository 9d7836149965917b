"""The configuration of Sphinx: `nox -s docs` builds the site and checks it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pygments.lexers import BashLexer
from sphinx.highlighting import lexers

from confstore._version import __version__

ROOT = Path(__file__).parent.parent
# For the extensions, which are modules of this folder.
sys.path.insert(0, str(ROOT))

project = "confstore"
author = "the authors of confstore"
copyright = f"2014-2026, {author}"
release = version = __version__
html_title = f"confstore {release}"

extensions = [
    "docs.extensions.accessible",
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "docs.extensions.public_names",
    "docs.extensions.repository_links",
    "docs.extensions.markdown_pages",
]
exclude_patterns = ["_build", "extensions"]
# Where links to files that are no pages lead.
repository = "https://github.com/confstore/confstore/blob/main"

# ---------------------------------------------------------------- what is an error

# `nox -s docs` builds with -W: each warning is one.
nitpicky = True

# ---------------------------------------------------------------- Markdown

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

# ---------------------------------------------------------------- the reference from docstrings

autoclass_content = "both"
autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 80
toc_object_entries_show_parents = "hide"
python_use_unqualified_type_names = True

# ---------------------------------------------------------------- the pages

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_search_scorer = str(Path(__file__).with_name("search_scorer.js"))
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_baseurl = os.environ.get("READTHEDOCS_CANONICAL_URL", "")
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b5c8a", "color-brand-content": "#0b5c8a"},
    "dark_css_variables": {"color-brand-primary": "#6cc0f0", "color-brand-content": "#6cc0f0"},
}
# A file of variables reads as a shell's assignments.
lexers["dotenv"] = BashLexer()
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
copybutton_prompt_text = "$ "
