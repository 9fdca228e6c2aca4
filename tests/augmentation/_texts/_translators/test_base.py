"""Translations that are remembered, and Apertium."""

import copy
import pickle
import shutil
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skoverfit.augmentation import (
    ApertiumTranslator,
    BackTranslation,
    TranslationCache,
)
from skoverfit.augmentation._texts._translators import _base as _translation


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
