import inspect
import json
import subprocess
import sys

import pytest

import perfwatch

HEAVY = (
    "numpy",
    "rich",
    "pandas",
    "matplotlib",
    "sqlalchemy",
    "click",
    "msgspec",
    "psutil",
    "memray",
    "pytest",
)


def answer_of(code: str):
    """Run the code in a fresh interpreter and return the JSON that it prints last."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.smoke
def test_every_listed_name_resolves_and_nothing_else_is_listed():
    public = {name for name in dir(perfwatch) if not name.startswith("_") or name == "__version__"}
    for name in perfwatch.__all__:
        assert getattr(perfwatch, name) is not None
    assert set(perfwatch.__all__) <= public
    assert len(perfwatch.__all__) <= 12


def test_a_star_import_brings_exactly_the_listed_names():
    names = answer_of(
        "import json\nspace = {}\nexec('from perfwatch import *', space)\n"
        "print(json.dumps(sorted(set(space) - {'__builtins__'})))"
    )
    assert names == sorted(perfwatch.__all__)


def test_an_unknown_name_is_an_attribute_error_that_names_it():
    with pytest.raises(AttributeError, match="has no attribute 'monitr'"):
        _ = perfwatch.monitr


@pytest.mark.smoke
def test_the_public_names_load_no_heavy_module():
    loaded = answer_of(
        "import json, sys, perfwatch\nfor name in perfwatch.__all__:\n    getattr(perfwatch, name)\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    assert loaded == []


def test_importing_perfwatch_alone_loads_none_of_its_rooms():
    loaded = answer_of(
        "import json, sys, perfwatch\nprint(json.dumps([n for n in sys.modules if n.startswith('perfwatch.')]))"
    )
    assert loaded == []


ORDERS = {
    "attribute first": "import perfwatch\nfirst = perfwatch.monitor\nimport perfwatch.monitor as module",
    "submodule first": "import perfwatch.monitor as module\nimport perfwatch\nfirst = perfwatch.monitor",
    "from the package": "from perfwatch import monitor as first\nimport perfwatch\nimport perfwatch.monitor as module",
    "from the module": (
        "from perfwatch.monitor import monitor as inner\nimport perfwatch, perfwatch.monitor as module\n"
        "first = perfwatch.monitor"
    ),
    "record first": "from perfwatch import record\nimport perfwatch.monitor as module, perfwatch\nfirst = perfwatch.monitor",
}


@pytest.mark.parametrize("order", ORDERS)
def test_monitor_is_callable_and_a_module_whatever_is_imported_first(order):
    names = answer_of(
        f"import json\n{ORDERS[order]}\n"
        "from perfwatch.monitor import monitor as inner, collected\n"
        "from perfwatch import monitor as again\n"
        "for number, name in enumerate((first, module, inner, again, perfwatch.monitor)):\n"
        "    with name(f'span {number}'):\n"
        "        pass\n"
        "assert first is module is again is perfwatch.monitor\n"
        "print(json.dumps([span.path[0] for span in module.collected()]))"
    )
    assert names == [f"span {number}" for number in range(5)]


def test_monitor_shows_the_signature_of_what_it_makes():
    assert list(inspect.signature(perfwatch.monitor).parameters) == ["name", "level"]


def test_the_version_is_the_one_in_its_file():
    from perfwatch import _version

    assert perfwatch.__version__ == _version.__version__
