"""The documentation names everything there is, and nothing that there is not."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from perfwatch.errors import ExitCode
from perfwatch.report.json_file import schema
from perfwatch.report.proofs_document import proofs_schema

DOCS = Path(__file__).resolve().parent.parent / "docs"
REFERENCE = DOCS / "reference"
ROOT = DOCS.parent
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *DOCS.rglob("*.md"),
        *(ROOT / "examples").glob("*/README.md"),
    ]
)
#: What a reader is told to type: after a prompt, in a shell's loop, in a workflow.
SHOWN = re.compile(r"^ *(?:\$|- run:|\$ for .*; do) perfwatch (.*?)(?:; done)?$", re.MULTILINE)


def page(name):
    return (REFERENCE / name).read_text(encoding="utf-8")


def section(text, heading):
    """The text under a heading, down to the next heading of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else None


# Commands


def commands():
    """Every visible command with its full name: the walk goes down the real tree."""
    import perfwatch.cli

    groups = [value for value in vars(perfwatch.cli).values() if isinstance(value, click.Group)]
    (group,) = [group for group in groups if "run" in group.list_commands(click.Context(group))]

    def walk(command, context, name):
        yield name, command
        if isinstance(command, click.Group):
            for each in command.list_commands(context):
                child = command.get_command(context, each)
                if not child.hidden:
                    yield from walk(child, click.Context(child, parent=context), f"{name} {each}")

    return dict(walk(group, click.Context(group), "perfwatch"))


def options_of(command):
    """Every spelling of every visible option, ``--help`` aside."""
    return {
        spelling
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
        for spelling in (*parameter.opts, *parameter.secondary_opts)
    } - {"--help"}


def test_every_command_is_documented_and_no_other():
    text = page("commands.md")
    documented = set(re.findall(r"^#+ (perfwatch .*)$", text, re.MULTILINE))
    assert documented == set(commands()) - {"perfwatch"}


def test_every_option_is_documented_under_its_command_and_no_other():
    text = page("commands.md")
    differences = {}
    for name, command in commands().items():
        if name == "perfwatch":
            continue
        rows = re.findall(r"^\| (`-.*?) \|", section(text, name) or "", re.MULTILINE)
        documented = {spelling for row in rows for spelling in re.findall(r"`(--?[a-zA-Z][\w-]*)`", row)}
        if documented != options_of(command):
            differences[name] = {
                "missing": sorted(options_of(command) - documented),
                "gone": sorted(documented - options_of(command)),
            }
    assert differences == {}


def test_every_option_of_perfwatch_itself_is_documented():
    intro = section(page("commands.md"), "Commands")
    assert [
        option for option in options_of(commands()["perfwatch"]) if f"perfwatch {option}" not in intro
    ] == []


def test_every_command_that_does_something_shows_an_example_in_its_help():
    without = [
        name
        for name, command in commands().items()
        if not isinstance(command, click.Group)
        and f"$ {name}" not in command.get_help(click.Context(command, info_name=name))
    ]
    assert without == []


# Everything else that has a name


def test_every_exit_code_is_documented_and_no_other():
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", page("exit-codes.md"), re.MULTILINE)}
    assert documented == set(ExitCode)


def test_every_configuration_key_is_documented_with_its_variable_and_default_and_no_other():
    from perfwatch.config import KEYS

    rows = re.findall(
        r"^\| `([\w.-]+)` \| (?:`(\w+)`|\N{EN DASH}) \| (.*?) \|", page("configuration.md"), re.MULTILINE
    )
    assert rows == [(key.name, key.environ or "", key.default) for key in KEYS]


def fields(node):
    """Every property name in a JSON Schema."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "properties":
                yield from value
            yield from fields(value)
    elif isinstance(node, list):
        for value in node:
            yield from fields(value)


def test_every_field_of_the_report_is_documented():
    text = page("report-json.md")
    assert [name for name in sorted(set(fields(schema()))) if f"`{name}`" not in text] == []


def test_every_field_of_a_document_of_proofs_is_documented():
    text = page("proofs-json.md") + page("report-json.md")
    assert [name for name in sorted(set(fields(proofs_schema()))) if f"`{name}`" not in text] == []


def test_every_public_name_is_documented():
    import perfwatch

    text = page("python.md")
    assert [name for name in perfwatch.__all__ if f"perfwatch.{name}" not in text] == []


# Pages


@pytest.mark.parametrize(
    "path",
    [path for path in PAGES if SHOWN.search(path.read_text(encoding="utf-8"))],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_a_page_shows_only_commands_and_options_that_exist(path):
    known = commands()
    for shown in SHOWN.findall(path.read_text(encoding="utf-8")):
        words = shlex.split(shown)
        name = "perfwatch"
        while words and f"{name} {words[0]}" in known:
            name = f"{name} {words.pop(0)}"
        assert name != "perfwatch" or words[0].startswith("-"), shown
        ours = []
        for word in words:
            if word in {"-m", "--", ">"} or word.endswith(".py") or word.startswith("workload:"):
                break  # from here on there are options that are not ours
            ours.append(word)
        unknown = {word for word in ours if word.startswith("-")} - options_of(known[name]) - {"--help"}
        assert unknown == set(), shown


#: A link in running text, not an image and not to another site.
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)#\s]+)[^)]*\)")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_page_links_only_to_files_that_exist(path):
    links = {link for link in LINK.findall(path.read_text(encoding="utf-8")) if "://" not in link}
    assert [link for link in sorted(links) if not (path.parent / link).exists()] == []


def test_contributing_lists_every_room_and_no_other():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(\w+)(?:/|\.py)` \|", text, re.MULTILINE))
    package = ROOT / "perfwatch"
    rooms = {path.stem for path in package.iterdir() if path.is_dir() or path.suffix == ".py"}
    assert listed == {room for room in rooms if not room.startswith("_")}


def test_contributing_names_every_command_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [name for name in phony.split() if name != "help" and f"`make {name}`" not in text] == []
