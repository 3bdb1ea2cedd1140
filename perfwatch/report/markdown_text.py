"""Untrusted text → Markdown that shows it and does nothing, and parts that keep to a number of bytes.

A forge acts on what it reads: it would notify people, link issues and load pictures. So
names and reasons are escaped, and lists and tables are bounded. This module must not know
what a page says: ``gate_markdown``, ``run_markdown`` and ``claims_markdown`` do.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.visible import visible
from perfwatch.report.words import MARKS, ORDER, TONES, amount, counted, metric_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from perfwatch.records.comparison import Comparison, Verdict

#: GitHub refuses a comment of more than 65,536 characters. Bytes are counted, which are never fewer,
#: and whoever posts this adds a few lines of their own.
BYTES_LIMIT = 60_000
_NAME_LIMIT, _SENTENCE_LIMIT = 200, 1_000
_ELLIPSIS_BYTES = 200

#: Whatever opens markup in a text that is to have none. Brackets make a link only with what follows them,
#: and an underscore inside a word is one.
_MARKUP = re.compile(
    r"[\\`*{}<>!|~&$^@#]|^\[|\](?=[(\[:])|(?<![^\W_])_|_(?![^\W_])|:(?=\S)|(?<=www)\.|(?<=GH)-", re.IGNORECASE
)
#: Between these and what follows a forge sees a person, an issue or a link, even where the sign is an entity.
_SUMMONS = ("@", "#", "-", ".", "://")
#: A forge's own marks mean nothing between the tags of a block of code; its tags and entities do.
_UNSAFE_IN_HTML = re.compile(r"[&<>]")
_UNFIT_FOR_A_SPAN = frozenset("|`\\")
_HEADER = (
    "| verdict | benchmark | change | interval | base | head | reason |",
    "|---|---|--:|--:|--:|--:|---|",
)


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


def listed(texts: Iterable[str], share: int) -> list[str]:
    """Return a list of sentences that takes ``share`` bytes at most, and says how many it left out."""
    told = list(texts)
    kept = fitting((f"- {sentence(one)}" for one in told), share)
    if len(kept) < len(told):
        kept = [*kept, f"- and {len(told) - len(kept)} more, which the report has"]
    return [*kept, ""] if kept else []


def finished(lines: list[str], comparisons: Sequence[Comparison]) -> str:
    """Return the lines as a page, with as many rows of the table of comparisons as fit below them."""
    return "\n".join([*lines, *compared(comparisons, BYTES_LIMIT - bytes_of(lines))]).rstrip("\n") + "\n"


def compared(comparisons: Sequence[Comparison], share: int) -> list[str]:
    """Return the table of comparisons, the worst first; rows beyond ``share`` bytes are counted below it."""
    if not comparisons:
        return []
    ordered = sorted(comparisons, key=lambda one: ORDER.index(one.verdict))
    rows = fitting((_row(one) for one in ordered), share - bytes_of(_HEADER) - _ELLIPSIS_BYTES)
    lines = [*_HEADER, *rows]
    left = Counter(one.verdict for one in ordered[len(rows) :])
    if left:
        lines += [
            "",
            f"{left.total()} more rows are left out here ({counted(left)}); the report has them.",
        ]
    return lines


def fitting(lines: Iterable[str], share: int) -> list[str]:
    """Return the first lines that fit into ``share`` bytes; none beyond them is made."""
    kept: list[str] = []
    for line in lines:
        share -= bytes_of([line])
        if share < 0:
            break
        kept.append(line)
    return kept


def bytes_of(lines: Sequence[str]) -> int:
    """Return how many bytes the lines take, with an end to each."""
    return sum(len(line.encode("utf-8", "backslashreplace")) + 1 for line in lines)


def row(cells: Iterable[str]) -> str:
    """Return a table's row of cells that are Markdown already."""
    return f"| {' | '.join(cells)} |"


def quoted(lines: Iterable[str]) -> str:
    """Return untrusted lines as a block of code that keeps its blanks, also inside a fold."""
    safe = "\n".join(_UNSAFE_IN_HTML.sub(lambda match: _numbered(match.group()), one) for one in lines)
    return f"<pre>{safe}</pre>"


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
    return row(cells)


def _wants_attention(verdict: Verdict) -> bool:
    return TONES.get(verdict) == "bad"
