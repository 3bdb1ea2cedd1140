"""Start the worker: ``python …/perfwatch/worker/launch.py REQUEST``.

The siblings are loaded as a package of a private name, so that no name of the
target's can be shadowed. This file must not import them by any other way.
"""

import importlib
import importlib.util
import os
import sys

PACKAGE = "_perfwatch_worker"


def main() -> int:
    """Load the worker package and hand it the request; return the process status."""
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib costs the target 4 ms
    # The interpreter put our folder first: the target must not find our modules there.
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != here]  # noqa: PTH100
    spec = importlib.util.spec_from_file_location(
        PACKAGE,
        os.path.join(here, "__init__.py"),  # noqa: PTH118
        submodule_search_locations=[here],
    )
    if spec is None or spec.loader is None:
        raise SystemExit(f"perfwatch: the worker's folder {here} cannot be read")
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)
    session = importlib.import_module(f"{PACKAGE}.session")
    return int(session.run(sys.argv[1]))


if __name__ == "__main__":
    sys.exit(main())
