"""The gate's result → Markdown, as a forge shows it in a job's summary or in a comment.

It must not judge and must not compute. Names and reasons come from whoever is
measured, and a forge acts on what it reads: it would notify people, link issues
and load pictures. So all of it is escaped, and the whole is bounded.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.answers_text import answer_lines
from perfwatch.report.visible import visible
from perfwatch.report.words import GATE_WORDS, MARKS, ORDER, TONES, amount, counted, metric_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from perfwatch.records.comparison import Comparison, Verdict
    from perfwatch.records.gate import GateResult
    from perfwatch.records.report import Report

#: GitHub refuses a comment of more than 65,536 characters. Bytes are counted, which are never fewer,
#: and whoever posts this adds a few lines of their own.
BYTES_LIMIT = 60_000
#: What each part before the table may take of it.
_FAILING_SHARE, _CHOSEN_SHARE, _ANSWERS_SHARE, _NOTES_SHARE = 12_000, 5_000, 8_000, 8_000
_NAME_LIMIT, _SENTENCE_LIMIT = 200, 1_000
_ELLIPSIS_BYTES = 200

#: Whatever opens markup in a text that is to have none. Brackets make a link only with what follows them,
#: and an underscore inside a word is one.
_MARKUP = re.compile(
    r"[\\`*{}<>!|~&$^@#]|^\[|\](?=[(\[:])|(?<![^\W_])_|_(?![^\W_])|:(?=\S)|(?<=www)\.|(?<=GH)-", re.IGNORECASE
)
#: Between these and what follows a forge sees a person, an issue or a link, even where the sign is an entity.
_SUMMONS = ("@", "#", "-", ".", "://")
_UNFIT_FOR_A_SPAN = frozenset("|`\\")
_HEADER = (
    "| verdict | benchmark | change | interval | base | head | reason |",
    "|---|---|--:|--:|--:|--:|---|",
)


def render_markdown(report: Report) -> str:
    """Return the report's comparisons as Markdown, with the gate's word where there is one."""
    if report.gate is not None:
        return gate_markdown(report.gate)
    chosen = [] if report.baseline is None else [report.baseline.chosen]
    lines = ["## perfwatch compare", ""]
    lines += _listed([*chosen, f"head is run {report.run.header.id}"], _CHOSEN_SHARE)
    return _finished(lines, report.comparisons)


def gate_markdown(result: GateResult) -> str:
    """Return a gate's word, what fails it, what was compared, and each comparison, failing ones first."""
    word, _ = GATE_WORDS[result.verdict]
    lines = [f"## perfwatch gate: {result.verdict.value}", "", sentence(word), ""]
    lines += _listed([one for one in (result.void_reason, *result.failing) if one], _FAILING_SHARE)
    lines += _listed(result.chosen, _CHOSEN_SHARE)
    lines += _listed((words for words, _ in answer_lines(result.answers)), _ANSWERS_SHARE)
    notes = [*result.notes, *(f"Acceptance: {one}" for one in result.unmet)]
    if result.smallest_visible_ratio is not None:
        floor = units.percent(result.smallest_visible_ratio)
        notes.insert(0, f"Smallest visible change, by a copy of base against base: {floor}")
    lines += _listed(notes, _NOTES_SHARE)
    return _finished(lines, result.comparisons)


def sentence(text: str, limit: int = _SENTENCE_LIMIT) -> str:
    """Return untrusted text as one line of Markdown that shows it and does nothing."""
    return _MARKUP.sub(_entity, visible(text, limit))


def code(text: str, limit: int = _NAME_LIMIT) -> str:
    """Return an untrusted name as code, also inside a table."""
    shown = visible(text, limit)
    if shown.strip() and not _UNFIT_FOR_A_SPAN.intersection(shown):
        return f"`{shown}`"
    # Inside these tags a forge summons nobody, so the name can be copied as it is.
    return f"<code>{_MARKUP.sub(lambda match: _numbered(match.group()), shown)}</code>"


def _entity(match: re.Match[str]) -> str:
    summons = match.string.startswith(_SUMMONS, match.start())
    return _numbered(match.group()) + ("\N{ZERO WIDTH SPACE}" if summons else "")


def _numbered(sign: str) -> str:
    return f"&#{ord(sign)};"


def _listed(texts: Iterable[str], share: int) -> list[str]:
    """A list of sentences that takes ``share`` bytes at most, and says how many it left out."""
    told = list(texts)
    kept = _fitting((f"- {sentence(one)}" for one in told), share)
    if len(kept) < len(told):
        kept = [*kept, f"- and {len(told) - len(kept)} more, which the report has"]
    return [*kept, ""] if kept else []


def _finished(lines: list[str], comparisons: Sequence[Comparison]) -> str:
    """The lines, and as many rows of the table as fit below them."""
    if comparisons:
        lines = [*lines, *_HEADER]
        ordered = sorted(comparisons, key=lambda one: ORDER.index(one.verdict))
        rows = _fitting((_row(one) for one in ordered), BYTES_LIMIT - _bytes(lines) - _ELLIPSIS_BYTES)
        left = Counter(one.verdict for one in ordered[len(rows) :])
        lines += rows
        if left:
            lines += [
                "",
                f"{left.total()} more rows are left out here ({counted(left)}); the report has them.",
            ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _fitting(lines: Iterable[str], share: int) -> list[str]:
    """The first lines that fit; none beyond them is made."""
    kept: list[str] = []
    for line in lines:
        share -= _bytes([line])
        if share < 0:
            break
        kept.append(line)
    return kept


def _bytes(lines: Sequence[str]) -> int:
    return sum(len(line.encode("utf-8", "backslashreplace")) + 1 for line in lines)


def _row(one: Comparison) -> str:
    word = f"**{one.verdict.value}**" if _wants_attention(one.verdict) else one.verdict.value
    name = code(one.benchmark)
    cells = (
        f"{MARKS[one.verdict]} {word}",
        name if one.metric == "time" else f"{name}, {sentence(metric_words(one.metric), _NAME_LIMIT)}",
        units.change(one.ratio),
        units.change_interval(one.interval),
        amount(one.metric, one.base_value),
        amount(one.metric, one.head_value),
        sentence(one.reason),
    )
    return f"| {' | '.join(cells)} |"


def _wants_attention(verdict: Verdict) -> bool:
    return TONES.get(verdict) == "bad"
