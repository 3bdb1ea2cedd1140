"""Measuring: what runs next, and the running of it.

It must not decide: verdicts come from ``perfwatch.compare``.
"""
