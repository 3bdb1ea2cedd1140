"""How the documentation is built: Sphinx, MyST and furo, with warnings as errors in ``make check``."""

from perfwatch._version import __version__

project = "perfwatch"
author = "The perfwatch developers"
copyright = "The perfwatch developers, BSD-3-Clause"
release = version = __version__

extensions = ["myst_parser"]
myst_enable_extensions = ["deflist", "fieldlist"]
myst_heading_anchors = 4
exclude_patterns = ["_build"]
nitpicky = True

html_theme = "furo"
html_title = f"perfwatch {release}"
# The pages open from disk and ask the network for nothing.
html_theme_options = {"top_of_page_buttons": []}
