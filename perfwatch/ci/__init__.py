"""The gate inside a forge's workflow: the steps of ``action.yml``, each a word after ``python -m perfwatch.ci``.

A step reads what it needs from its environment, because that is the one way by
which a workflow may pass on a name that somebody else chose. It must not
measure or judge: ``perfwatch gate`` does, in a process of its own.
"""
