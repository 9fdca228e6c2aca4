"""Servers that answer wrongly, slowly or without end."""

import json
import socket
import sqlite3
import threading
import time
from contextlib import closing, contextmanager, suppress

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
        (body(b"\xff\xfe"), "no JSON", 2),
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
