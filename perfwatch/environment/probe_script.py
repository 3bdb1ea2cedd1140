# ruff: noqa: E402, ANN001, ANN201, BLE001, C405, PTH100, PTH120, S112, UP036
# mypy: allow-untyped-defs, allow-untyped-calls
"""Run by another interpreter, of any age: say what you are, as JSON between two markers.

The oldest that must understand this file is Python 2.7, so that one that is too
old can be named. It must not import anything but the standard library, and
takes the folders that the user added to the path out of the way until it has.
"""

# A shell that was named by mistake leaves here: `import` would be a program to it.
exit = None  # noqa: A001

import os
import sys

BEGIN = "<<perfwatch-interpreter "
END = " perfwatch-interpreter>>"


def without(path, folders):
    """Return the path without these folders, however they are spelt."""
    unwanted = [os.path.abspath(folder) for folder in folders]
    return [entry for entry in path if os.path.abspath(entry) not in unwanted]


def say_version():
    """Return what every interpreter can say."""
    import platform

    return {
        "executable": sys.executable,
        "version": list(sys.version_info[:3]),
        "version_text": platform.python_version(),
        "implementation": platform.python_implementation(),
    }


def say_build():
    """Return what decides whether a compiled module can be loaded, and where modules lie."""
    import importlib.machinery
    import platform
    import sysconfig

    folders = sysconfig.get_paths()
    return {
        "machine": platform.machine(),
        "cache_tag": sys.implementation.cache_tag or "",
        "soabi": sysconfig.get_config_var("SOABI") or "",
        "extension_suffixes": importlib.machinery.EXTENSION_SUFFIXES,
        "abi_flags": getattr(sys, "abiflags", ""),
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "site_folders": sorted(set([folders["purelib"], folders["platlib"]])),
        "stdlib": folders["stdlib"],
    }


def say_installed():
    """Return the versions of the distributions, by their normalised names; the first found counts."""
    import importlib.metadata
    import re

    versions = {}  # type: dict[str, str]
    for distribution in importlib.metadata.distributions():
        try:
            name, version = distribution.metadata["Name"], distribution.version
        except Exception:
            continue  # one broken folder must not hide the others
        if name and version:
            versions.setdefault(re.sub(r"[-_.]+", "-", name).lower(), version)
    return versions


def say_modules(names):
    """Return which of these top-level modules could be imported; none of them is."""
    import importlib.util

    found = []
    for name in names:
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            continue
        # A folder without an __init__.py, left behind by an uninstaller, is no module.
        if spec is not None and spec.origin is not None:
            found.append(name)
    return found


def main():
    """Print the answer in one piece."""
    path = without(sys.path, [os.path.dirname(os.path.abspath(__file__))])
    sys.path[:] = without(path, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    import json

    answer = say_version()
    if sys.version_info >= (3, 11):
        answer.update(say_build())
        sys.path[:] = path
        answer["installed"] = say_installed()
        answer["modules"] = say_modules(sys.argv[1:])
    sys.stdout.write(BEGIN + json.dumps(answer) + END + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
