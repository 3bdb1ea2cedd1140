"""What the pages let in, what they refuse, and what every answer says."""

from __future__ import annotations

import hashlib
import re

import pytest
from shown import Elements, Shown, TestClient, database, header_of, put

from perfwatch.errors import StoreError, UsageError
from perfwatch.store import open_store, slug_of
from perfwatch.web.guard import PATH_LIMIT, QUERY_LIMIT, allowed
from perfwatch.web.serving import DEFAULT_PORT, Spot, address_of, is_loopback, listen

FIT = slug_of("script:script.py", "fit")
RUN = header_of(6).id
EVERY_PAGE = (
    "/", f"/runs/{RUN}", f"/runs/{RUN}.json", "/benchmarks/", f"/benchmarks/{FIT}", f"/benchmarks/{FIT}?over=commits",
    "/benchmarks/fit", "/benchmarks", "/runs", "/compare", f"/compare?base={header_of(3).id}&head={RUN}",
    "/?target=script:script.py&branch=main&verdict=same&since=2026-01-01&until=2026-01-31",
)  # fmt: skip
ERRORS = ("/nothing", "/runs/nothing", "/benchmarks/nothing", "/?page=x", "/compare?base=no&head=no")


# Reading alone


def test_no_page_changes_a_byte_of_the_store(pages):
    folder = pages.store.path.parent
    pages.get("/")  # SQLite makes its files of shared memory with the first look

    def digests():
        files = sorted(file for file in folder.iterdir() if not file.name.endswith("-shm"))
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()}

    before = digests()
    for path in (*EVERY_PAGE, *ERRORS):
        pages.get(path)
        pages.client.head(path)
    assert digests() == before


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/", f"/runs/{RUN}", "/compare", "/nothing"])
def test_every_other_method_is_refused(method, path, pages):
    answer = pages.client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_a_head_has_the_headers_and_no_page(pages):
    head, get = pages.client.head("/"), pages.get("/")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


# Who asks


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8765", "localhost:8765", "LOCALHOST", "[::1]:8765", "localhost.", "127.0.0.1"]
)
def test_the_machines_own_names_are_answered(host, pages):
    assert pages.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "localhost@evil.example", "", "a b", "127.0.0.1:8765:1",
     "[::1", "localhost:port", "192.168.1.5"],
)  # fmt: skip
def test_a_name_that_somebody_else_points_here_is_refused(host, pages):
    answer = pages.get("/", headers={"Host": host})
    assert answer.status_code == 421
    assert "script.py" not in answer.text
    assert "--allow-host" in answer.text


def test_a_further_name_is_answered_where_it_was_allowed(project):
    shown = Shown(project, more=("hub.example",))
    assert shown.get("/", headers={"Host": "hub.example"}).status_code == 200
    assert shown.get("/", headers={"Host": "other.example"}).status_code == 421


def test_the_bound_address_is_answered_and_a_wildcard_is_no_name():
    assert "10.1.2.3" in allowed("10.1.2.3").hosts
    assert "fe80::1" in allowed("[fe80::1]").hosts
    assert "*" not in allowed("0.0.0.0").hosts


# What is asked


@pytest.mark.parametrize(
    "path",
    ["/runs/..%2f..%2fetc%2fpasswd", "/runs/%2e%2e/%2e%2e/etc/passwd", "/benchmarks/..%2f..%2f..%2fetc%2fpasswd",
     "/..%2f..%2fetc/passwd", "/runs/%00", "/benchmarks/%00", "/runs/..%5c..%5cboot.ini", "//etc/passwd",
     "/runs/perfwatch.db", "/.perfwatch/perfwatch.db", "/report.css", "/benchmarks/%ff%fe", f"/runs/{RUN}/../../x"],
)  # fmt: skip
def test_no_address_leads_out_of_the_store(path, pages):
    answer = pages.get(path)
    assert answer.status_code == 404
    assert "root:" not in answer.text
    assert "Not found" in answer.text


def test_an_address_that_is_too_long_is_refused(pages):
    assert pages.get("/" + "a" * PATH_LIMIT).status_code == 414
    assert pages.get("/?target=" + "a" * QUERY_LIMIT).status_code == 414


# What every answer says


@pytest.mark.parametrize("path", [*EVERY_PAGE, *ERRORS])
def test_every_answer_forbids_whatever_the_page_does_not_need(path, pages):
    for answer in (
        pages.get(path),
        pages.client.post(path),
        pages.get(path, headers={"Host": "evil.example"}),
    ):
        headers = answer.headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        # The report's own script alone, by its digest.
        allowed = [one for one in policy.split("; ") if one.startswith("script-src ")]
        assert all(re.fullmatch(r"script-src( 'sha256-[A-Za-z0-9+/=]{44}')+", one) for one in allowed)
        assert not allowed or path.startswith("/runs/")
        assert "http" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("path", ["/", "/benchmarks/", f"/benchmarks/{FIT}", "/compare", "/nothing"])
def test_a_page_over_many_runs_lets_in_its_own_styles_by_their_digest(path, pages):
    answer = pages.get(path)
    assert re.search(r"style-src 'sha256-[\w+/]{43}='", answer.headers["content-security-policy"])
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "style" not in Elements(answer.text).attributes


# Behind a proxy


@pytest.fixture
def proxied(project):
    return Shown(project, root_path="/user/ann/proxy/8765/")


@pytest.mark.parametrize("path", EVERY_PAGE[:6])
def test_pages_are_found_below_a_proxys_path_whether_or_not_it_takes_it_off(path, proxied, pages):
    plain = pages.get(path).text
    assert proxied.get(path).text == plain
    assert proxied.get(f"/user/ann/proxy/8765{path}").text == plain


def test_a_proxys_path_without_its_last_slash_leads_to_the_first_page(proxied):
    answer = proxied.get("/user/ann/proxy/8765")
    assert (answer.status_code, answer.headers["location"]) == (307, "/user/ann/proxy/8765/")
    assert proxied.get("/user/ann/proxy/87650").status_code == 404


@pytest.mark.parametrize("path", [*EVERY_PAGE, *ERRORS])
def test_links_are_relative_so_that_they_hold_below_any_path(path, pages):
    answer = pages.get(path)
    links = [answer.headers["location"]] if answer.is_redirect else Elements(answer.text).links
    own = [link for link in links if not link.startswith(("data:", "#", "https://"))]
    assert all(not link.startswith("/") and "://" not in link for link in own)


@pytest.mark.parametrize("path", ["/", f"/runs/{RUN}", "/benchmarks/", f"/benchmarks/{FIT}", "/compare?base=latest&head=latest",
                                  "/nothing/at/all", "/runs/nothing"])  # fmt: skip
def test_every_link_of_a_page_leads_to_a_page(path, pages):
    answer = pages.get(path)
    for link in Elements(answer.text).links:
        if link.startswith(("data:", "https:")):
            continue
        found = pages.client.get(answer.url.join(link), follow_redirects=True)
        assert found.status_code == 200, link


# When something is wrong


class _Broken:
    """A store that cannot be read any more, or whose reader has a fault."""

    def __init__(self, error):
        self._error = error

    def run_page(self, *_args, **_kwargs):
        raise self._error


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (StoreError("The disk is gone.", do="Plug it in."), 503, "Plug it in."),
        (UsageError("There is no run."), 404, "There is no run."),
        (RuntimeError("secret /home/ann"), 500, "perfwatch itself failed"),
    ],
)
def test_an_error_is_a_plain_page_with_its_status(error, status, said, project):
    from perfwatch.config import load_config
    from perfwatch.web.server import application

    app = application(load_config(project, {}), _Broken(error), allowed("127.0.0.1"))
    answer = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False).get("/")
    assert answer.status_code == status
    assert said in answer.text
    assert "Traceback" not in answer.text
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_run_that_is_stored_while_the_pages_are_open_is_on_them(project, pages):
    pages.get("/")
    with open_store(database(project)) as store:
        put(store, header_of(9))
    assert f"runs/{header_of(9).id}" in pages.get("/").text


# Where they listen


def test_a_port_that_is_taken_is_refused_where_it_was_asked_for():
    with listen(Spot(port=0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port}"):
            listen(Spot(port=port))


def test_our_own_port_gives_way_where_it_is_taken():
    # Whether the first gets it is the machine's business: another program may have it.
    with listen(Spot()) as first, listen(Spot()) as second:
        assert second.getsockname()[1] not in {DEFAULT_PORT, first.getsockname()[1]}


def test_an_address_that_is_not_this_machines_is_refused():
    with pytest.raises(UsageError, match="cannot be served"):
        listen(Spot(host="192.0.2.1"))
    with pytest.raises(UsageError, match="cannot be served"):
        listen(Spot(host="no such name"))


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("hub", False)],
)
def test_only_this_machines_own_addresses_are_called_so(host, own):
    assert is_loopback(host) is own


def test_the_address_that_is_told_can_be_typed():
    with listen(Spot(port=0)) as listening:
        port = listening.getsockname()[1]
        assert address_of(listening, "0.0.0.0", "") == f"http://127.0.0.1:{port}/"
        assert address_of(listening, "::1", "/a/b/") == f"http://[::1]:{port}/a/b/"
