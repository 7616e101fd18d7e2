"""Sphinx: python -m pip install '.[docs]' && sphinx-build -W docs build/docs."""

project = "pydelve"
copyright = "2026, the pydelve authors"
extensions = ["myst_parser"]
html_theme = "furo"
exclude_patterns = ["changes/*"]
myst_heading_anchors = 3
