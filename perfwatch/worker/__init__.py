"""The half of perfwatch that runs inside the target's interpreter.

Started by file path, so that it works where perfwatch is not installed. It
imports the standard library and its own siblings, nothing else of ours, and
answers with one JSON file, written last and by rename.
"""
