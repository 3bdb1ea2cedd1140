"""The two sides of a gate: which revisions, in which trees, imported from where.

This room must not measure and must not judge. What it checks out lies under
``.perfwatch/env`` and is found again by its revision.
"""
