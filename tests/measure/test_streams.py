"""Standard streams: counted, bounded, and the same input for every execution."""

from __future__ import annotations

import hashlib
import os

from perfwatch.measure.streams import KEPT_BYTES, Capture, Input


def written(capture: Capture, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(capture.writer, view) :]
    capture.release()


def test_a_capture_counts_and_digests_everything_and_keeps_the_end():
    capture = Capture()
    data = b"x" * (3 * KEPT_BYTES) + b"end"
    written(capture, data)
    captured = capture.close()
    assert captured.total_bytes == len(data)
    assert captured.digest == hashlib.blake2b(data, digest_size=16).hexdigest()
    assert len(captured.tail) == KEPT_BYTES
    assert captured.tail.endswith("xend")


def test_equal_outputs_have_equal_digests_and_others_have_not():
    digests = []
    for data in (b"one", b"one", b"two"):
        capture = Capture()
        written(capture, data)
        digests.append(capture.close().digest)
    assert digests[0] == digests[1] != digests[2]


def test_bytes_that_are_no_text_are_shown_and_not_refused():
    capture = Capture()
    written(capture, b"caf\xe9\n")
    assert capture.close().tail == "caf\\xe9\n"


def test_a_forwarded_capture_passes_everything_on():
    reader, forward = os.pipe()
    capture = Capture(forward)
    written(capture, b"to both")
    assert capture.close().tail == "to both"
    os.close(forward)
    assert os.read(reader, 100) == b"to both"
    os.close(reader)


def test_a_reader_that_has_gone_does_not_stop_the_capture():
    reader, forward = os.pipe()
    os.close(reader)
    capture = Capture(forward)
    written(capture, b"still kept")
    assert capture.close().tail == "still kept"
    os.close(forward)


def read_all(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def test_a_file_is_read_from_the_same_place_by_every_execution(tmp_path):
    (tmp_path / "data").write_bytes(b"header\nrow\n")
    with (tmp_path / "data").open("rb", buffering=0) as file:
        file.read(7)
        source = Input(file.fileno(), tmp_path)
        assert read_all(source.first()) == b"row\n"
        source.first_ended()
        assert read_all(source.again()) == b"row\n"
        assert read_all(source.again()) == b"row\n"
        assert source.lost is None


def test_a_pipe_is_spooled_and_given_again(tmp_path):
    reader, writer = os.pipe()
    os.write(writer, b"a,b\n1,2\n")
    os.close(writer)
    source = Input(reader, tmp_path)
    assert read_all(source.first()) == b"a,b\n1,2\n"
    source.first_ended()
    assert read_all(source.again()) == b"a,b\n1,2\n"
    assert read_all(source.again()) == b"a,b\n1,2\n"
    os.close(reader)


def test_a_pipe_that_never_ends_does_not_hold_up_a_target_that_reads_nothing(tmp_path):
    reader, writer = os.pipe()
    source = Input(reader, tmp_path)
    os.close(source.first())
    source.first_ended()
    assert read_all(source.again()) == b""
    os.close(writer)
    os.close(reader)


def test_an_input_that_is_closed_reads_as_empty(tmp_path):
    descriptor = os.open(os.devnull, os.O_RDONLY)
    source = Input(descriptor, tmp_path)
    assert read_all(source.first()) == b""
    assert read_all(source.again()) == b""
    os.close(descriptor)
