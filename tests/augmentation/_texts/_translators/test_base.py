"""Translators, their cache, and back-translation."""

import copy
import json
import pickle
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from skoverfit.augmentation import (
    ApertiumTranslator,
    BackTranslation,
    HttpTranslator,
    MarianTranslator,
    TranslationCache,
)
from skoverfit.augmentation._texts._translators import _base as _translation

TEXTS = ["One two.", "three", "", "four five six", "three"]


class Words:
    """Translates by reversing the words; counts what it is asked."""

    def __init__(self, direction=None):
        self.asked = []
        if direction is not None:
            self.direction = direction

    def translate(self, texts):
        self.asked += texts
        return [" ".join(reversed(text.split())) for text in texts]


def same(texts):
    return list(texts)


# ------------------------------------------------------------------ back-translation
def test_round_trip_and_dropped_copies():
    augmenter = BackTranslation(Words(), same)
    out, y = augmenter.fit_resample(TEXTS, [0, 1, 0, 1, 0])
    assert out == [*TEXTS, "two. One", "six five four"]
    assert y == [0, 1, 0, 1, 0, 0, 1]
    assert augmenter.sample_indices_.tolist() == [0, 1, 2, 3, 4, 0, 3]
    assert augmenter.is_synthetic_.tolist() == [False] * 5 + [True] * 2
    assert augmenter.n_unchanged_ == 3
    augmenter.set_params(unchanged="keep")
    out, _ = augmenter.fit_resample(TEXTS, [0, 1, 0, 1, 0])
    assert out == [*TEXTS, "two. One", "three", "", "six five four", "three"]
    assert augmenter.n_unchanged_ == 3


def test_dropped_copies_in_all_modes():
    y = [0, 1, 0, 1, 0]
    weighted = BackTranslation(Words(), same, mode="weight", n_copies=2)
    out, _ = weighted.fit_resample(TEXTS, y, sample_weight=[1, 2, 3, 4, 5])
    assert len(out) == 9
    assert weighted.sample_weight_.tolist() == [1, 2, 3, 4, 5, 0.5, 2, 0.5, 2]
    replaced, _ = BackTranslation(Words(), same, mode="replace").fit_resample(TEXTS, y)
    assert replaced == ["two. One", "three", "", "six five four", "three"]
    nothing = BackTranslation(same, same)
    assert nothing.fit_resample(TEXTS, y) == (TEXTS, y)
    assert nothing.n_unchanged_ == 5


def test_frames_keep_other_columns():
    frame = pd.DataFrame({"text": TEXTS, "n": range(5)}, index=list("abcde"))
    out, y = BackTranslation(Words(), same).fit_resample(frame, pd.Series(range(5)))
    assert list(out.index) == list("abcdead")
    assert list(out["n"]) == [0, 1, 2, 3, 4, 0, 3]
    assert list(y) == [0, 1, 2, 3, 4, 0, 3]
    table, _ = BackTranslation(same, same).fit_resample(np.eye(2), [0, 1])
    np.testing.assert_array_equal(table, np.r_[np.eye(2), np.eye(2)])


def test_same_words_are_no_change_and_nothing_is_lost():
    def shout(texts):
        return [text.upper() + " !!" for text in texts]

    def forget(texts):
        return ["  "] * len(texts)

    for forward in (shout, forget):
        assert BackTranslation(forward, same).fit_resample(["a b"], [0])[0] == ["a b"]


def test_the_first_letter_keeps_its_case():
    def sentences(texts):
        return ["So " + text for text in texts]

    out, _ = BackTranslation(sentences, same).fit_resample(["a b", "A b"], [0, 1])
    assert out[2:] == ["so a b", "So A b"]


def test_each_distinct_text_is_translated_once():
    words = Words()
    BackTranslation(words, same, n_copies=1).fit_resample(TEXTS, [0] * 5)
    assert words.asked == ["One two.", "three", "four five six"]


def test_the_cache_is_shared_by_clones_and_needs_a_direction(tmp_path):
    for cache in (TranslationCache(), tmp_path / "cache.sqlite", "memory"):
        named, back = Words(f"test-{cache}"), Words()
        augmenter = BackTranslation(named, back, cache=cache)
        first = augmenter.fit_resample(TEXTS, [0] * 5)
        again = clone(augmenter)
        again.forward, again.backward = named, back  # a clone copies them
        assert again.fit_resample(TEXTS, [0] * 5) == first
        assert len(named.asked) == 3
        assert len(back.asked) == 6  # no direction, so never cached
    none = BackTranslation(Words("x"), same, cache=None)
    none.fit_resample(TEXTS, [0] * 5)
    none.fit_resample(TEXTS, [0] * 5)
    assert len(none.forward.asked) == 6


def test_what_was_translated_before_an_error_is_kept(tmp_path):
    class Breaks(Words):
        def translate(self, texts):
            if len(self.asked) == 4:
                raise OSError("gone")
            return super().translate(texts)

    texts = [f"text {k}" for k in range(10)]
    path = tmp_path / "cache.sqlite"
    broken = BackTranslation(Breaks("d"), same, cache=str(path), batch_size=2)
    with pytest.raises(OSError, match="gone"):
        broken.fit_resample(texts, [0] * 10)
    whole = BackTranslation(Words("d"), same, cache=str(path), batch_size=2)
    out, _ = whole.fit_resample(texts, [0] * 10)
    assert whole.forward.asked == texts[4:]
    assert out[10:] == [f"{k} text" for k in range(10)]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"forward": "eng-spa"},
            "forward must be a translator or a function. Got 'eng-spa'",
        ),
        ({"backward": None}, "'backward' parameter"),
        ({"unchanged": "maybe"}, "'unchanged' parameter"),
        ({"batch_size": 0}, "'batch_size' parameter"),
        ({"cache": 3}, "'cache' parameter"),
        ({"forward": lambda texts: texts[1:]}, "one string for each of 3 texts. Got 2"),
        ({"forward": lambda texts: [1] * len(texts)}, r"of types \['int'\]"),
    ],
)
def test_bad_parameters_are_named(params, message):
    with pytest.raises(ValueError, match=message):
        BackTranslation(**({"forward": same, "backward": same} | params)).fit_resample(
            TEXTS, [0] * 5
        )


# ------------------------------------------------------------------------------ cache
@pytest.mark.parametrize("kind", ["memory", "file"])
def test_the_cache_keeps_any_text(kind, tmp_path):
    cache = TranslationCache(tmp_path / "c.sqlite" if kind == "file" else None)

    @settings(max_examples=20)
    @given(st.dictionaries(st.text(st.characters()), st.text(st.characters())))
    def check(texts):
        cache.add("a'; DROP TABLE translations; --", texts)
        assert cache.known("a'; DROP TABLE translations; --", list(texts)) == texts
        assert cache.known("other", list(texts)) == {}

    check()


def test_memory_is_bounded_and_copies_share_it(tmp_path):
    cache = TranslationCache(max_entries=3)
    assert copy.deepcopy(cache) is cache
    assert copy.copy(cache) is cache
    for k in range(5):
        cache.add("d", {str(k): str(-k)})
    assert cache.known("d", list("01234")) == {"2": "-2", "3": "-3", "4": "-4"}
    stored = TranslationCache(tmp_path / "c.sqlite")
    stored.add("d", {"a": "b"})
    assert pickle.loads(pickle.dumps(stored)).known("d", ["a"]) == {"a": "b"}
    with sqlite3.connect(tmp_path / "c.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM translations").fetchone() == (
            1,
        )
    connection.close()
    with pytest.raises(ValueError, match="max_entries must be at least 1"):
        TranslationCache(max_entries=0)


# --------------------------------------------------------------------------- Apertium
def has_pair():
    if shutil.which("apertium") is None:
        return False
    pairs = subprocess.run(["apertium", "-l"], capture_output=True, text=True).stdout
    return {"eng-spa", "spa-eng"} <= set(pairs.split())


needs_apertium = pytest.mark.skipif(
    not has_pair(), reason="needs: apt-get install apertium apertium-eng-spa"
)


@needs_apertium
def test_apertium_translates_and_comes_back():
    there = ApertiumTranslator("eng", "spa")
    assert there.translate(["The house is big.", "The red car"]) == [
        "La casa es grande.",
        "El coche rojo",
    ]
    assert there.translate([]) == []
    texts = ["The big house is not far away from here.", "I bought a new car"]
    augmenter = BackTranslation(there, ApertiumTranslator("spa", "eng"))
    out, _ = augmenter.fit_resample(texts, [0, 1])
    assert len(out) + augmenter.n_unchanged_ == 4
    assert "house" in out[2]
    assert there.direction == "apertium:eng-spa"
    assert pickle.loads(pickle.dumps(there)).direction == there.direction


@needs_apertium
def test_apertium_separates_any_texts(monkeypatch):
    rng = np.random.default_rng(0)
    alphabet = list(
        "abc the dog.,!?[]{}^$@/<>~\\*#\n\t-+_|'\"&;:012\0\x1b\ud800日é👍🏽ि"
    )
    texts = ["".join(rng.choice(alphabet, size)) for size in rng.integers(0, 40, 300)]
    texts += ["", ".", "...", "[][3\n]", ".[][3\n]", "\\", "a[b]c^d$", "no end"]
    started = []
    run = _translation._run
    monkeypatch.setattr(
        _translation, "_run", lambda *args: started.append(args) or run(*args)
    )
    translator = ApertiumTranslator("eng", "spa")
    together = translator.translate(texts)
    assert len(started) == 1  # one process, after the pairs were listed before
    assert len(together) == len(texts)
    assert together[-1] == "Ningún fin"
    # The separators never leak, and what has no words comes back as it was.
    for text, result in zip(texts, together, strict=True):
        assert result.count("[") <= text.count("[")
        if not any(c.isalnum() or c in "~\0\x1b\ud800*#ि" for c in text):
            assert result == text
    translator.batch_size = 100
    assert translator.translate(texts) == together


def program(folder, body):
    """Put a program called apertium into a folder."""
    path = folder / "apertium"
    path.write_text(f"#!{sys.executable}\nimport sys, time\n{body}\n")
    path.chmod(0o755)


def test_apertium_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        FileNotFoundError, match="apt-get install apertium apertium-eng"
    ):
        ApertiumTranslator("spa", "eng")
    program(tmp_path, "print('  cat-eng')")
    with pytest.raises(ValueError, match=r"no pair 'spa-eng'.*\['cat-eng'\].*eng-spa"):
        ApertiumTranslator("spa", "eng")


def test_apertium_failures_are_reported(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    program(
        tmp_path,
        "if '-l' in sys.argv: print('eng-spa'); sys.exit()\n"
        "text = sys.stdin.read()\n"
        "if 'slow' in text: time.sleep(60)\n"
        "if 'bad' in text: sys.exit('no such thing')\n"
        "print('lost')",
    )
    translator = ApertiumTranslator("eng", "spa", timeout=1)
    start = time.perf_counter()
    with pytest.raises(TimeoutError, match="longer than timeout=1 seconds"):
        translator.translate(["slow"])
    assert time.perf_counter() - start < 30
    with pytest.raises(RuntimeError, match="failed: no such thing"):
        translator.translate(["bad"])
    with pytest.raises(RuntimeError, match="returned 0 of 1 texts"):
        translator.translate(["else"])


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("-x", "spa"), {}, "source must be a code like 'eng'. Got '-x'"),
        (("eng", 3), {}, "target must be a code"),
        (("eng", "spa"), {"batch_size": 0}, "batch_size must be at least 1"),
        (("eng", "spa"), {"timeout": 0}, "timeout must be above 0"),
    ],
)
def test_apertium_refuses_bad_parameters(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        ApertiumTranslator(*arguments, **options)


# ------------------------------------------------------------------------------- HTTP
class Server(ThreadingHTTPServer):
    """A LibreTranslate server that fails as it is told."""

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
def server(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_http_sends_batches_and_repeats_what_failed(server):
    server.answers = [503, "hang up", 429, "garbage"]
    translator = HttpTranslator(
        server.url + "/", "en", "es", batch_size=2, backoff=0.01, api_key="secret"
    )
    assert translator.translate(["a", "b", "\ud83d", "a", "é"]) == [
        "A", "B", "\ud83d", "A", "É",
    ]  # fmt: skip
    assert [request["q"] for request in server.asked] == [["a", "b"], ["\ud83d", "é"]]
    assert server.asked[0] | {"q": None} == {
        "q": None,
        "source": "en",
        "target": "es",
        "format": "text",
        "api_key": "secret",
    }


def test_http_timeouts_are_repeated(server):
    server.answers = ["slow"]
    translator = HttpTranslator(server.url, "en", "es", timeout=0.2, backoff=0)
    assert translator.translate(["a"]) == ["A"]


def test_http_journal_loses_nothing(server, tmp_path):
    server.answers = [200, 200, 500, 500]
    path = tmp_path / "journal.sqlite"
    translator = HttpTranslator(
        server.url, "en", "es", batch_size=1, retries=1, backoff=0, journal=path
    )
    with pytest.raises(
        ConnectionError, match=r"HTTP 500 .*so sorry\. 2 texts.*kept in"
    ):
        translator.translate(list("abcd"))
    assert translator.translate(list("abcd")) == list("ABCD")
    assert [request["q"] for request in server.asked] == [["a"], ["b"], ["c"], ["d"]]
    other = HttpTranslator(server.url, "en", "de", journal=path)
    assert other.translate(["a"]) == ["A"]
    assert len(server.asked) == 5  # another direction is asked for anew


def test_http_refusals_are_not_repeated(server):
    server.answers = [403, 200]
    translator = HttpTranslator(server.url, "en", "es", backoff=0)
    with pytest.raises(ConnectionError, match=r"HTTP 403.*so sorry.*they are lost"):
        translator.translate(["a"])
    assert server.answers == [200]


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


# ----------------------------------------------------------------------------- Marian
@pytest.fixture(scope="module")
def tiny_marian(tmp_path_factory):
    """Folder of a MarianMT model with random weights."""
    reason = "needs the extra translation"
    torch = pytest.importorskip("torch", reason=reason)
    transformers = pytest.importorskip("transformers", reason=reason)
    sentencepiece = pytest.importorskip("sentencepiece", reason=reason)
    folder = tmp_path_factory.mktemp("marian")
    corpus = folder / "corpus.txt"
    corpus.write_text("\n".join(["the house is big", "a red car", "we see it"] * 20))
    for side in ("source", "target"):
        sentencepiece.SentencePieceTrainer.train(
            input=str(corpus), model_prefix=str(folder / side), vocab_size=40,
            model_type="char", minloglevel=2,
        )  # fmt: skip
        (folder / f"{side}.model").rename(folder / f"{side}.spm")
    pieces = sentencepiece.SentencePieceProcessor(str(folder / "source.spm"))
    known = [pieces.id_to_piece(k) for k in range(pieces.get_piece_size())]
    names = ["</s>", "<unk>", *[p for p in known if p[0] != "<"], "<pad>"]
    vocabulary = {name: k for k, name in enumerate(dict.fromkeys(names))}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    tokenizer = transformers.MarianTokenizer(
        source_spm=str(folder / "source.spm"),
        target_spm=str(folder / "target.spm"),
        vocab=str(folder / "vocab.json"),
    )
    pad = vocabulary["<pad>"]
    torch.manual_seed(0)
    config = transformers.MarianConfig(
        vocab_size=len(vocabulary), d_model=16, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16,
        decoder_ffn_dim=16, max_position_embeddings=64, pad_token_id=pad,
        decoder_start_token_id=pad, eos_token_id=0, forced_eos_token_id=0, init_std=1.0,
    )  # fmt: skip
    model = folder / "model"
    transformers.MarianMTModel(config).save_pretrained(model)
    tokenizer.save_pretrained(model)
    return model


def test_marian_translates_in_batches(tiny_marian):
    translator = MarianTranslator(tiny_marian, batch_size=2, max_length=12)
    texts = ["the house is big", "a", "we see a red car", ""]
    together = translator.translate(texts)
    assert len(together) == 4
    assert all(isinstance(text, str) for text in together)
    assert any(together)
    # The place in the batch and its padding do not matter.
    alone = MarianTranslator(tiny_marian, batch_size=1, max_length=12)
    assert [alone.translate([text])[0] for text in texts] == together
    back = BackTranslation(translator, alone, unchanged="keep")
    out, _ = back.fit_resample(texts, [0, 1, 0, 1])
    assert len(out) == 8


def test_marian_never_downloads(tmp_path):
    pytest.importorskip("transformers", reason="needs the extra translation")
    with pytest.raises(OSError, match="nowhere"):
        MarianTranslator(tmp_path / "nowhere").translate(["a"])


def test_marian_names_the_extra_and_refuses_bad_parameters(monkeypatch):
    for name in ("torch", "transformers"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"skoverfit\[translation\]"):
        MarianTranslator("x").translate(["a"])
    for name in ("batch_size", "num_beams", "max_length"):
        with pytest.raises(ValueError, match=f"{name} must be an int from 1. Got 0"):
            MarianTranslator("x", **{name: 0})
