"""Reference against candidate: the same answer, and how much faster.

This package must not run anything: it is handed what was measured.
"""
