"""Configuration of the documentation: Sphinx, numpydoc and sphinx-gallery.

The build needs no network: links to other projects are plain links.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ["PYTHONWARNINGS"] = "default"

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))
sys.path.insert(0, str(DOCS))

import skoverfit

project = "skoverfit"
author = "The skoverfit developers"
copyright = f"2026, {author}"
release = version = skoverfit.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.githubpages",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "_generated",
    "_rates",
]
exclude_patterns = ["_build", "examples", "generated/*.md"]
templates_path = ["_templates"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
default_role = "code"

autosummary_generate = True
autosummary_imported_members = True
autodoc_typehints = "none"
# Docstrings that come from scikit-learn point into its own glossary and classes; pages
# that are included below a heading start with a heading of the second level.
suppress_warnings = ["ref.term", "ref.python", "myst.header"]
numpydoc_show_class_members = False  # the template lists them

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"plot_",
    "abort_on_example_error": True,
    "doc_module": ("skoverfit",),
    "backreferences_dir": "generated/backreferences",
    "download_all_examples": False,
    "plot_gallery": True,
    "remove_config_comments": True,
    "show_memory": False,
    "within_subsection_order": "FileNameSortKey",
    # The same figure in every build, and no state that leaks between examples.
    "reset_modules": ("matplotlib",),
}

html_theme = "pydata_sphinx_theme"
html_title = "skoverfit"
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "secondary_sidebar_items": {"**": ["page-toc"], "guide/capacity_table": []},
}
html_static_path = ["_static"]
html_css_files = ["css/wide.css"]
