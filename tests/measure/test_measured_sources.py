"""Sources are kept as they were when they were measured."""

from __future__ import annotations

from builders import make_benchmark, make_profiles

from perfwatch.collect.ownership import Ownership
from perfwatch.measure.sources import BYTES_AT_MOST, Sources
from perfwatch.records.profile import LineStat, Profiles


def benchmark_with(*lines):
    stats = tuple(LineStat(file="a.py", line=line, function="f", time_ns=1.0) for line in lines)
    return make_benchmark(profiles=make_profiles(lines=stats))


def test_each_line_gets_its_text(tmp_path):
    (tmp_path / "a.py").write_text("first = 1\nsecond = 2\n")
    lines = Sources(Ownership(root=tmp_path)).with_text(benchmark_with(1, 2)).profiles.lines
    assert [line.source for line in lines] == ["first = 1", "second = 2"]


def test_a_line_beyond_the_file_has_no_text(tmp_path):
    (tmp_path / "a.py").write_text("first = 1\n")
    (line,) = Sources(Ownership(root=tmp_path)).with_text(benchmark_with(9)).profiles.lines
    assert line.source == ""


def test_a_file_is_read_at_its_first_mention_only(tmp_path):
    (tmp_path / "a.py").write_text("first = 1\n")
    sources = Sources(Ownership(root=tmp_path))
    sources.of("a.py")
    (tmp_path / "a.py").write_text("changed = 1\n")
    assert sources.of("a.py").text == "first = 1\n"


def test_generated_code_and_data_have_no_source(tmp_path):
    (tmp_path / "long.py").write_bytes(b"#" * (BYTES_AT_MOST + 1))
    sources = Sources(Ownership(root=tmp_path))
    assert sources.of("<string>") is None
    assert sources.of("gone.py") is None
    assert sources.of("nul\0.py") is None
    assert sources.of("long.py") is None


def test_text_that_is_not_utf8_is_shown_all_the_same(tmp_path):
    (tmp_path / "a.py").write_bytes(b"# caf\xe9\n")
    assert Sources(Ownership(root=tmp_path)).of("a.py").text == "# caf\N{REPLACEMENT CHARACTER}\n"


def test_only_files_with_lines_are_kept_each_once(tmp_path):
    (tmp_path / "a.py").write_text("first = 1\n")
    (tmp_path / "b.py").write_text("other = 1\n")
    sources = Sources(Ownership(root=tmp_path))
    kept = sources.named_in((benchmark_with(1), benchmark_with(1), make_benchmark(profiles=Profiles())))
    assert [source.file for source in kept] == ["a.py"]


def test_equal_texts_have_equal_digests(tmp_path):
    for name, text in (("a.py", "x\n"), ("b.py", "x\n"), ("c.py", "y\n")):
        (tmp_path / name).write_text(text)
    one, two, other = (Sources(Ownership(root=tmp_path)).of(name).digest for name in ("a.py", "b.py", "c.py"))
    assert one == two != other
