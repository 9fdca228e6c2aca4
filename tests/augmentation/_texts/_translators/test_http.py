"""Servers that answer wrongly, slowly or without end."""

import json
import socket
import sqlite3
import threading
import time
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from skoverfit.augmentation import BackTranslation, HttpTranslator, TranslationCache


@contextmanager
def server(answer):
    """Serve raw bytes on a port: `answer` takes a connection and what was asked."""
    requests = []

    def serve(listening):
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                with closing(connection), suppress(OSError):
                    requests.append(_received(connection))
                    answer(connection)

    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", requests
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _received(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            raise OSError("the client went away")
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    size = next(
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    while len(body) < size:
        body += connection.recv(65536)
    return head.decode("latin-1"), json.loads(body)


def body(content, status="200 OK", size=None, extra=""):
    """Bytes of an answer."""
    content = content if isinstance(content, bytes) else json.dumps(content).encode()
    size = len(content) if size is None else size
    head = f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n{extra}\r\n"
    return head.encode() + content


def failure(url, texts=("a", "b", "c"), **options):
    """Message of the error with which a translation ends."""
    options = {"retries": 1, "backoff": 0, "timeout": 5} | options
    translator = HttpTranslator(url, "en", "es", **options)
    with pytest.raises(ConnectionError) as error:
        translator.translate(list(texts))
    return str(error.value)


GOOD = {"translatedText": ["x", "y", "z"]}


@pytest.mark.parametrize(
    ("answer", "message", "n_requests"),
    [
        (body(GOOD, size=9999), "IncompleteRead", 2),
        (body(b'{"error": ' * 50_000, "500 Oops"), "HTTP 500 Oops", 2),
        (body(b'{"error": "no', "403 No", size=99), "HTTP 403 No", 1),
        (body({"error": "x"}, "503 Busy", extra="Retry-After: ²\r\n"), "503 Busy", 2),
        (body({"translatedText": "abc"}), "list of 3 strings. Got 'abc' (str)", 1),
        (body({"translatedText": {"a": 1, "b": 2, "c": 3}}), "(dict)", 1),
        (body({"translatedText": ["x", "y"]}), "Got 2 values of types ['str']", 1),
        (body({"translatedText": ["x", "y", None]}), "['NoneType', 'str']", 1),
        (body({"translatedText": None}), "Got None (NoneType)", 1),
        (body(["x", "y", "z"]), "the answer has no 'translatedText'", 2),
        (body(b"\xff\xfe"), "not JSON", 2),
        (body({"translatedText": ["x" * 5000] * 3}), "larger than max_bytes=2000", 1),
        (b"HTTP/1.1 2oo\r\n\r\n", "2oo", 2),
        (b"x" * 70_000, "x", 2),
        (b"", "closed connection", 2),
        (
            body({"error": "bad\x1b[31m \u202ekey s3cret"}, "401 No"),
            "bad [31m  key ***",
            1,
        ),
    ],
)
def test_each_wrong_answer_is_one_clear_error(answer, message, n_requests):
    with server(lambda connection: connection.sendall(answer)) as (url, requests):
        found = failure(url, max_bytes=2000, api_key="s3cret")
    assert message in found
    assert url in found
    assert "s3cret" not in found
    assert "0 texts were translated in this call" in found
    assert len(requests) == n_requests


def test_an_answer_that_is_nested_too_deeply():
    with server(lambda c: c.sendall(body(b"[" * 200_000))) as (url, requests):
        assert "nested too deeply" in failure(url)
    assert len(requests) == 1


def test_a_server_that_does_not_encrypt():
    with server(lambda c: c.sendall(body(GOOD))) as (url, _):
        found = failure(url.replace("http:", "https:"), timeout=2)
    assert "https://127.0.0.1" in found
    assert "SSL" in found or "timeout" in found


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX: ", body(b"[", size=10**6)])
def test_an_answer_that_trickles_ends_at_the_timeout(start):
    sent = []

    def trickle(connection):
        connection.sendall(start)
        for _ in range(200):  # ten seconds
            connection.sendall(b" ")
            sent.append(1)
            time.sleep(0.05)

    with server(trickle) as (url, _):
        found = failure(url, retries=0, timeout=0.4)
    assert "no full answer within timeout=0.4 seconds" in found
    assert len(sent) < 150


def test_a_password_in_the_address_is_sent_and_never_shown():
    with server(lambda c: c.sendall(body(GOOD))) as (url, requests):
        address = url.replace("//", "//me:pa%20ss@")
        translator = HttpTranslator(address + "/base/", "en", "es")
        assert translator.translate(["a", "b", "c"]) == ["x", "y", "z"]
        shown = f"{translator!r} {translator.direction} {failure(address, ['a'])}"
    assert requests[0][0].startswith("POST /base/translate ")
    assert "Authorization: Basic bWU6cGEgc3M=" in requests[0][0]
    assert "pa" not in shown.replace("translated", "")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://me:pw9@host",
        "http://",
        "http://me:pw9@",
        "http://me:pw9@host:port",
        "http://host:99999",
        "http://me:pw9@host/?key=pw9",
        "http://host#pw9",
        "http://[::1",
        "localhost:5000",
        None,
    ],
)
def test_bad_addresses_are_refused_without_their_secrets(url):
    with pytest.raises(ValueError, match="url must") as error:
        HttpTranslator(url, "en", "es")
    assert "pw9" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "bad"),
    [("timeout", v) for v in ("1", None, float("inf"), float("nan"), -1, 0)]
    + [("backoff", v) for v in (None, float("inf"), -0.5)]
    + [("max_bytes", v) for v in (0, 1.5, None)],
)
def test_bad_limits_are_refused(name, bad):
    with pytest.raises(ValueError, match=f"{name}.*{bad!r}"):
        HttpTranslator("http://localhost", "en", "es", **{name: bad})


# ------------------------------------------------------------- translators in general
def endless(texts):
    while True:
        yield "x"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda texts: "abc", "'abc' (str)"),
        (lambda texts: b"abc", "(bytes)"),
        (lambda texts: bytearray(b"abc"), "(bytearray)"),
        (lambda texts: {"a": 1, "b": 2, "c": 3}, "(dict)"),
        (lambda texts: {"x", "y", "z"}, "(set)"),
        (lambda texts: None, "None (NoneType)"),
        (lambda texts: 3, "3 (int)"),
        (lambda texts: ["x", "y"], "2 values of types ['str']"),
        (lambda texts: ["x", "y", b"z"], "['bytes', 'str']"),
        (lambda texts: ["x", None, "z"], "['NoneType', 'str']"),
        (lambda texts: (text for text in texts[1:]), "2 values"),
        (endless, "4 values"),
        (lambda texts: np.array([1, 2, 3]), "3 values of types"),
        (lambda texts: np.array("abc"), "(ndarray)"),
    ],
)
@pytest.mark.parametrize("which", ["forward", "backward"])
def test_wrong_translations_are_refused(wrong, message, which):
    texts = ["one", "two", "three"]
    both = {"forward": list, "backward": list} | {which: wrong}
    with pytest.raises(ValueError, match="must return one string for each of 3") as err:
        BackTranslation(**both).fit_resample(texts, [0, 1, 0])
    assert message in str(err.value)


@pytest.mark.parametrize(
    "right",
    [tuple, lambda t: iter(t), np.array, lambda t: map(str.upper, t), list],
)
def test_right_translations_in_any_container_are_taken(right):
    out, _ = BackTranslation(right, list, unchanged="keep").fit_resample(["a"], [0])
    assert [type(text) for text in out] == [str, str]


# ------------------------------------------------------------------------------ cache
def test_errors_of_the_cache_name_its_file(tmp_path):
    damaged, other, foreign = (tmp_path / name for name in ("d.db", "o.db", "f.db"))
    damaged.write_bytes(b"no database at all" * 100)
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE translations (x)")
    with closing(sqlite3.connect(foreign)) as connection, connection:
        connection.execute("CREATE TABLE translations (direction, text, result)")
        connection.execute("INSERT INTO translations VALUES ('d', ?, 5)", (b"a",))
    missing = tmp_path / "no" / "such.db"
    for path in (damaged, other, foreign, missing, tmp_path):
        cache = TranslationCache(path)
        with pytest.raises(sqlite3.Error, match="cannot be used") as error:
            cache.known("d", ["a"])
        assert repr(str(path)) in str(error.value)
    with pytest.raises(sqlite3.Error, match=r"d\.db"):
        TranslationCache(damaged).add("d", {"a": "b"})
    with pytest.raises(sqlite3.Error, match=r"d\.db"):
        HttpTranslator("http://x", "en", "es", journal=damaged).translate(["a"])


# ------------------------------------------------------------------------------- HTTP
class Server(ThreadingHTTPServer):
    """A LibreTranslate recorder that fails as it is told."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = []  # what to do with the next requests; then answers normally
        self.asked = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """Say nothing of clients that did not wait for the answer."""


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = self.server.answers.pop(0) if self.server.answers else 200
        if answer == "hang up":
            self.close_connection = True
            return
        if answer == "slow":
            time.sleep(0.5)
            answer = 200
        content = b"not json"
        if answer == 200:
            self.server.asked.append(body)
            texts = [text.upper() for text in body["q"]]
            content = json.dumps({"translatedText": texts}).encode()
        elif answer != "garbage":
            content = json.dumps({"error": "so sorry"}).encode()
        self.send_response(answer if isinstance(answer, int) else 200)
        self.send_header("Content-Length", str(len(content)))
        if answer == 429:
            self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def recorder(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_http_sends_batches_and_repeats_what_failed(recorder):
    recorder.answers = [503, "hang up", 429, "garbage"]
    translator = HttpTranslator(
        recorder.url + "/", "en", "es", batch_size=2, backoff=0.01, api_key="secret"
    )
    assert translator.translate(["a", "b", "\ud83d", "a", "é"]) == [
        "A", "B", "\ud83d", "A", "É",
    ]  # fmt: skip
    assert [request["q"] for request in recorder.asked] == [["a", "b"], ["\ud83d", "é"]]
    assert recorder.asked[0] | {"q": None} == {
        "q": None,
        "source": "en",
        "target": "es",
        "format": "text",
        "api_key": "secret",
    }


def test_http_timeouts_are_repeated(recorder):
    recorder.answers = ["slow"]
    translator = HttpTranslator(recorder.url, "en", "es", timeout=0.2, backoff=0)
    assert translator.translate(["a"]) == ["A"]


def test_http_journal_loses_nothing(recorder, tmp_path):
    recorder.answers = [200, 200, 500, 500]
    path = tmp_path / "journal.sqlite"
    translator = HttpTranslator(
        recorder.url, "en", "es", batch_size=1, retries=1, backoff=0, journal=path
    )
    with pytest.raises(
        ConnectionError, match=r"HTTP 500 .*so sorry\. 2 texts.*kept in"
    ):
        translator.translate(list("abcd"))
    assert translator.translate(list("abcd")) == list("ABCD")
    assert [request["q"] for request in recorder.asked] == [["a"], ["b"], ["c"], ["d"]]
    other = HttpTranslator(recorder.url, "en", "de", journal=path)
    assert other.translate(["a"]) == ["A"]
    assert len(recorder.asked) == 5  # another direction is asked for anew


def test_http_refusals_are_not_repeated(recorder):
    recorder.answers = [403, 200]
    translator = HttpTranslator(recorder.url, "en", "es", backoff=0)
    with pytest.raises(ConnectionError, match=r"HTTP 403.*so sorry.*they are lost"):
        translator.translate(["a"])
    assert recorder.answers == [200]


def test_http_without_a_server():
    translator = HttpTranslator("http://127.0.0.1:9", "en", "es", retries=1, backoff=0)
    with pytest.raises(ConnectionError, match="0 texts were translated"):
        translator.translate(["a"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "file:///etc/passwd"}, "url must begin with http"),
        ({"batch_size": 0}, "batch_size must be an int from 1"),
        ({"retries": -1}, "retries must be an int from 0"),
        ({"timeout": 0}, "timeout must be above 0"),
        ({"backoff": -1}, "backoff at least 0"),
    ],
)
def test_http_refuses_bad_parameters(options, message):
    options = {"url": "http://localhost", "source": "en", "target": "es"} | options
    with pytest.raises(ValueError, match=message):
        HttpTranslator(**options)
