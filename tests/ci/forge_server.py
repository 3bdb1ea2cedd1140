"""A server that stands for a forge's interface: it keeps comments, and may refuse to write."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

BOT = {"login": "github-actions[bot]", "type": "Bot"}


class ForgeServer:
    """What the forge holds, and what it was asked."""

    def __init__(self):
        self.comments = []
        self.pulls = []
        self.asked = []
        self.tokens = set()
        #: Answered in place of anything that writes: (status, headers, content).
        self.writing_refused = None
        self.address = ""

    def add(self, body, *, user=None, association="NONE"):
        self.comments.append(
            {
                "id": len(self.comments) + 1,
                "body": body,
                "user": BOT if user is None else user,
                "author_association": association,
                "html_url": f"https://example.org/c/{len(self.comments) + 1}",
            }
        )
        return self.comments[-1]

    @property
    def written(self):
        return [(method, path) for method, path in self.asked if method != "GET"]

    def answer(self, method, path, content):
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append((method, parts.path))
        if method != "GET" and self.writing_refused is not None:
            return self.writing_refused
        if method == "GET" and parts.path.startswith("/repos/owner/project/issues/"):
            size, page = int(query["per_page"]), int(query["page"])
            return 200, {}, self.comments[(page - 1) * size : page * size]
        if method == "GET" and parts.path == "/repos/owner/project/pulls":
            return 200, {}, [one for one in self.pulls if one["head"]["label"] == query["head"]]
        if method == "POST" and parts.path.startswith("/repos/owner/project/issues/"):
            return 201, {}, self.add(content["body"])
        if method == "PATCH" and parts.path.startswith("/repos/owner/project/issues/comments/"):
            comment = self.comments[int(parts.path.rpartition("/")[2]) - 1]
            comment["body"] = content["body"]
            return 200, {}, comment
        return 404, {}, {"message": "Not Found"}


@contextmanager
def serving():
    forge = ForgeServer()

    class Handler(BaseHTTPRequestHandler):
        def _respond(self):
            length = int(self.headers.get("Content-Length") or 0)
            content = json.loads(self.rfile.read(length)) if length else None
            forge.tokens.add(self.headers.get("Authorization"))
            status, headers, answer = forge.answer(self.command, self.path, content)
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = _respond  # noqa: N815 - the names that the server calls

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    forge.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield forge
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
