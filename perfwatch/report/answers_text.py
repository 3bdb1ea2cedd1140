"""What became of the benchmarks' answers → sentences; it must not judge: each word arrives in its record."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.answer_change import AnswerChange, AnswerVerdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: What wants attention comes first.
ORDER = (
    AnswerVerdict.DIFFERENT,
    AnswerVerdict.INCOMPARABLE,
    AnswerVerdict.ACCEPTED,
    AnswerVerdict.NONE,
    AnswerVerdict.SAME,
)
_TONES = {AnswerVerdict.DIFFERENT: "bad", AnswerVerdict.INCOMPARABLE: "calm", AnswerVerdict.SAME: "good"}
#: So many answers of a kind are told one by one.
_EACH_AT_MOST = 50
_NAMES_AT_MOST = 5


def by_attention(answers: Sequence[AnswerChange]) -> list[AnswerChange]:
    """Return the answers, those first that want attention; equal ones stay in their order."""
    return sorted(answers, key=lambda one: ORDER.index(one.verdict))


def summary_of(answers: Sequence[AnswerChange]) -> str:
    """Return how many answers came to each word: ``Answers: 1 different-answer, 3 same.``."""
    counts = Counter(one.verdict for one in answers)
    return f"Answers: {', '.join(f'{counts[word]} {word.value}' for word in ORDER if counts[word])}."


def answer_lines(answers: Sequence[AnswerChange]) -> Iterator[tuple[str, str]]:
    """Yield each sentence and its tone: how many came to which word, then why.

    Those that differ are left out, as they stand with what fails the gate, and the same ones.
    """
    if not answers:
        return
    worst = by_attention(answers)[0].verdict
    yield summary_of(answers), _TONES.get(worst, "")
    for word in ORDER:
        found = [one for one in answers if one.verdict is word]
        if word in (AnswerVerdict.DIFFERENT, AnswerVerdict.SAME) or not found:
            continue
        if word is AnswerVerdict.NONE:
            yield _nothing_of(found), ""
            continue
        for one in found[:_EACH_AT_MOST]:
            advice = f" {one.advice}." if one.advice else ""
            yield f"{one.benchmark}: {word.value}: {one.reason}.{advice}", _TONES.get(word, "")
        if len(found) > _EACH_AT_MOST:
            yield f"and {units.count(len(found) - _EACH_AT_MOST)} more: {word.value}", _TONES.get(word, "")


def _nothing_of(found: Sequence[AnswerChange]) -> str:
    """One sentence for all that return nothing: many suites do."""
    names = ", ".join(one.benchmark for one in found[:_NAMES_AT_MOST])
    left = len(found) - _NAMES_AT_MOST
    more = f" and {units.count(left)} more" if left > 0 else ""
    return f"{names}{more}: {found[0].verdict.value}: {found[0].reason}. {found[0].advice}."
