"""Numbers in, numbers out: locations, intervals, tests, warm-up.

This room must not read files or clocks, must not print, and knows no records:
it is handed floats and hands floats back. It needs the standard library alone.
"""
