"""The forge's interface for comments and pull requests; must not know what a comment says.

It asks the address that the runner names, GitHub's or that of a server of one's
own, and no other: a redirect would carry the token along.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfwatch._version import __version__
from perfwatch.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEFAULT_API = "https://api.github.com"
_TIMEOUT_S = 30.0
_ANSWER_BYTES = 20_000_000
_PER_PAGE, _PAGES_LIMIT = 100, 50
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}")
#: Not allowed, or not to be seen by this token, which a forge tells by the same answer.
_REFUSED = frozenset({401, 403, 404})


class ForgeError(Exception):
    """The forge did not do it; the text says why, ``refused`` whether the token may not."""

    def __init__(self, text: str, *, refused: bool = False) -> None:
        super().__init__(text)
        self.refused = refused


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow nobody; the answer becomes an error of its own status."""


@dataclass(frozen=True, slots=True)
class Forge:
    """One repository of a forge, and the token to speak to it."""

    api: str
    repository: str
    token: str

    def comments(self, number: int) -> Iterator[Mapping[str, Any]]:
        """Yield the comments of a pull request, the oldest first."""
        for page in range(1, _PAGES_LIMIT + 1):
            query = urllib.parse.urlencode({"per_page": _PER_PAGE, "page": page})
            found = _list(self._ask("GET", f"issues/{number}/comments?{query}"))
            yield from found
            if len(found) < _PER_PAGE:
                return

    def create_comment(self, number: int, body: str) -> str:
        """Write a comment; return its address."""
        return _address(self._ask("POST", f"issues/{number}/comments", {"body": body}))

    def update_comment(self, identity: int, body: str) -> str:
        """Write a comment anew; return its address."""
        return _address(self._ask("PATCH", f"issues/comments/{identity}", {"body": body}))

    def pull_request_with(self, owner: str, branch: str, commit: str) -> int | None:
        """Return the number of the open pull request whose branch is at this commit."""
        query = urllib.parse.urlencode({"state": "open", "head": f"{owner}:{branch}", "per_page": _PER_PAGE})
        for one in _list(self._ask("GET", f"pulls?{query}")):
            head, number = one.get("head"), one.get("number")
            if isinstance(head, dict) and head.get("sha") == commit and isinstance(number, int):
                return number
        return None

    def _ask(self, method: str, path: str, content: Mapping[str, str] | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - forge_of has looked at the scheme
            f"{self.api}/repos/{self.repository}/{path}",
            method=method,
            data=None if content is None else json.dumps(content).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "User-Agent": f"perfwatch/{__version__}",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=_TIMEOUT_S) as answer:
                return json.loads(answer.read(_ANSWER_BYTES))
        except urllib.error.HTTPError as error:
            with error:
                said = _said(error)
            raise ForgeError(
                f"{method} {path.partition('?')[0]} was answered with {error.code}{said}",
                refused=error.code in _REFUSED,
            ) from error
        except (OSError, ValueError, RecursionError) as error:
            raise ForgeError(f"{method} {path.partition('?')[0]}: {error}") from error


def forge_of(environ: Mapping[str, str], token: str) -> Forge:
    """Return the forge that the runner names; raises ``UsageError`` where it names none."""
    api = (environ.get("GITHUB_API_URL") or DEFAULT_API).rstrip("/")
    repository = environ.get("GITHUB_REPOSITORY", "")
    if not api.startswith(("https://", "http://")):
        raise UsageError(
            f"GITHUB_API_URL is {api!r}, which is no address of a forge.",
            means="No comment was written.",
            do="Leave it as the runner sets it.",
        )
    if _REPOSITORY.fullmatch(repository) is None:
        raise UsageError(
            f"GITHUB_REPOSITORY is {repository!r}, which names no repository.",
            means="No comment was written.",
            do="Leave it as the runner sets it: OWNER/NAME.",
        )
    return Forge(api, repository, token)


def _list(answer: Any) -> list[Mapping[str, Any]]:
    if not isinstance(answer, list):
        raise ForgeError("the forge's answer is no list")
    return [one for one in answer if isinstance(one, dict)]


def _address(answer: Any) -> str:
    address = answer.get("html_url") if isinstance(answer, dict) else None
    return address if isinstance(address, str) else ""


def _said(error: urllib.error.HTTPError) -> str:
    """What the forge says beside the status, as ``: Resource not accessible by integration``."""
    try:
        content = json.loads(error.read(10_000))
    except (OSError, ValueError, RecursionError):
        return ""
    message = content.get("message") if isinstance(content, dict) else None
    return f": {message[:200]}" if isinstance(message, str) else ""
