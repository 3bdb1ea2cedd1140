"""Answers for tests: values written down as a worker writes them, without a worker."""

from __future__ import annotations

import io
import json

from perfwatch.proving.answers import compare_answers
from perfwatch.proving.written import Answer
from perfwatch.records.proof import AnswerRule
from perfwatch.worker.portable import Writer

PLAIN = AnswerRule()


def answer(value, **beside):
    """One side's answer, through the same JSON as between processes."""
    blobs = io.BytesIO()
    record = {
        "value": Writer(blobs).node(value),
        "warnings": [],
        "shares": [],
        "changed": {},
        "drawn_from": [],
    }
    return Answer(record=json.loads(json.dumps(record | beside)), data=memoryview(blobs.getvalue()))


def differing(base, head, rule=PLAIN):
    """The difference of two values."""
    return compare_answers(answer(base), answer(head), rule)
