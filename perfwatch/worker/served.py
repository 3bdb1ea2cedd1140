"""Say from where this interpreter would import the project's names: ``python served.py FOLDER NAME...``.

For programs that run without a worker: ``FOLDER`` is their own, which Python puts
first on ``sys.path``. Nothing of the project's is imported.
"""

from __future__ import annotations

import importlib.util
import json
import sys

BEGIN = "<<perfwatch-served "
END = " perfwatch-served>>"


def main() -> None:
    """Print name and file of each that is found, in one piece."""
    folder, *names = sys.argv[1:]
    sys.path[0] = folder
    found = {}
    for name in names:
        try:
            spec = importlib.util.find_spec(name)
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
            continue
        if spec is not None and spec.origin is not None:
            found[name] = spec.origin
    sys.stdout.write(BEGIN + json.dumps(found) + END + "\n")


if __name__ == "__main__":
    main()
