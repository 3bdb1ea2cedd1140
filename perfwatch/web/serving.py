"""The pages on a socket, until somebody ends it.

This module must not print: whoever calls it is told the address.
"""

from __future__ import annotations

import contextlib
import signal
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import uvicorn
    from starlette.types import ASGIApp

#: Where the pages are, unless another port is asked for, or this one is taken.
DEFAULT_PORT = 8765
_GRACE_SECONDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where to listen; without a ``port`` it is ours, or where that is taken any free one."""

    host: str = "127.0.0.1"
    port: int | None = None


def listen(spot: Spot) -> socket.socket:
    """Return a socket that listens there; raises ``UsageError`` where that is not possible."""
    try:
        family, *_, address = socket.getaddrinfo(spot.host, None, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise _unusable(spot, error) from error
    host = str(address[0])
    ports = (DEFAULT_PORT, 0) if spot.port is None else (spot.port,)
    for port in ports:
        try:
            return socket.create_server((host, port), family=family)
        except OSError as error:
            if port == ports[-1]:
                raise _unusable(spot, error) from error
    raise AssertionError  # the last port was returned or refused


def address_of(listening: socket.socket, host: str, root_path: str) -> str:
    """Return the address to type into a browser on this machine."""
    port = listening.getsockname()[1]
    name = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104 - compared, not bound
    path = root_path.strip("/")
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/{f'{path}/' if path else ''}"


def serve(app: ASGIApp, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Answer requests until SIGINT or SIGTERM, then end in good order; ``ready`` is called before the first."""
    import uvicorn

    config = uvicorn.Config(
        app,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    with _asked_to_end(server):
        ready()
        server.run(sockets=[listening])


@contextlib.contextmanager
def _asked_to_end(server: uvicorn.Server) -> Iterator[None]:
    """Let the signals that end a server end it, and nothing else.

    It listens to them itself once it runs, and raises them again when it has ended, for
    whoever handled them before: that is us, and there is nothing left to do.
    """

    def end(_number: int, _frame: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _unusable(spot: Spot, error: OSError) -> UsageError:
    where = f"{spot.host}, port {spot.port or DEFAULT_PORT}"
    return UsageError(
        f"The pages cannot be served at {where}: {error.strerror or error}.",
        means="Nothing is served.",
        do="Choose another port with --port, or leave it out; another address with --host.",
    )


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches the address; a name that is not known to be its own does not count."""
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
