"""What is to be measured: from the words of a command line to a ``Target``.

Nothing here imports a target: the file system and ``ast`` tell all that is
told before the first execution.
"""
