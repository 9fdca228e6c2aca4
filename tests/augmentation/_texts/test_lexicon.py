"""Sources of synonyms: WordNet and the corpus itself."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from skoverfit.augmentation import (
    CorpusThesaurus,
    SynonymReplacement,
    SynonymSource,
    WordNetSynonyms,
)
from skoverfit.augmentation._texts._lexicon import Lexicon, matched_case

WORDNET = Path("/usr/share/wordnet/index.noun")


# ---------------------------------------------------------------------------- WordNet
@pytest.fixture
def small_wordnet(tmp_path):
    """Three synsets in the format of WordNet's files, between lines of licence."""
    licence = "  1 This is not part of the data.  \n"
    synsets = [
        b"%08d 06 n 03 movie 0 film 0 moving_picture 0 001 @ 00000001 n 0000 | shown\n",
        b"%08d 06 n 02 film 1 Paris 0 000 | thin layer\n",
    ]
    data, offsets = licence.encode(), []
    for synset in synsets:
        offsets.append(len(data))
        data += synset % len(data)
    (tmp_path / "data.noun").write_bytes(data)
    (tmp_path / "index.noun").write_text(
        licence + f"film n 2 2 @ ~ 2 1 {offsets[0]:08d} {offsets[1]:08d}  \n"
        f"moving_picture n 1 1 @ 1 0 {offsets[0]:08d}  \n"
    )
    offset = len(licence)
    (tmp_path / "data.adj").write_text(
        licence + f"{offset:08d} 00 a 02 ready(p) 0 set(p) 0 000 | prepared\n"
    )
    (tmp_path / "index.adj").write_text(licence + f"ready a 1 0 1 1 {offset:08d}  \n")
    for part in ("verb", "adv"):
        (tmp_path / f"data.{part}").write_text(licence)
        (tmp_path / f"index.{part}").write_text(licence)
    return tmp_path


def test_wordnet_files_are_read(small_wordnet):
    source = WordNetSynonyms(small_wordnet)
    assert source.synonyms("film") == ["movie", "moving picture", "Paris"]
    assert source.synonyms("moving picture") == ["movie", "film"]
    assert source.synonyms("ready") == ["set"]
    assert source.synonyms("nothing") == []
    first = WordNetSynonyms(small_wordnet, max_senses=1)
    assert first.synonyms("film") == ["movie", "moving picture"]
    adjectives = WordNetSynonyms(small_wordnet, parts_of_speech=("adj",))
    assert adjectives.synonyms("film") == []
    assert isinstance(source, SynonymSource)
    assert pickle.loads(pickle.dumps(source)).synonyms("ready") == ["set"]


@pytest.mark.parametrize("variable", ["WNSEARCHDIR", "WNHOME", "NLTK_DATA"])
def test_wordnet_is_found_where_the_environment_says(
    variable, small_wordnet, tmp_path_factory, monkeypatch
):
    root = tmp_path_factory.mktemp("root")
    inside = {"WNSEARCHDIR": ".", "WNHOME": "dict", "NLTK_DATA": "corpora/wordnet"}
    folder = root / inside[variable]
    folder.mkdir(parents=True, exist_ok=True)
    for file in small_wordnet.iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    for name in inside:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(root))
    assert WordNetSynonyms().synonyms("ready") == ["set"]


def test_a_missing_wordnet_says_what_to_install(tmp_path):
    with pytest.raises(FileNotFoundError, match="apt-get install wordnet-base"):
        WordNetSynonyms(tmp_path)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"max_senses": 0}, "max_senses must be None or at least 1. Got 0"),
        ({"parts_of_speech": ("article",)}, "parts_of_speech must be some of"),
        ({"parts_of_speech": "noun"}, "parts_of_speech must be some of"),
    ],
)
def test_wordnet_refuses_bad_parameters(params, message, small_wordnet):
    with pytest.raises(ValueError, match=message):
        WordNetSynonyms(small_wordnet, **params)


@pytest.mark.skipif(not WORDNET.exists(), reason="needs: apt-get install wordnet-base")
def test_the_real_wordnet():
    source = WordNetSynonyms("/usr/share/wordnet", max_senses=None)
    assert {"movie", "motion picture", "flick"} <= set(source.synonyms("film"))
    assert "gleefully" not in source.synonyms("film")
    assert source.synonyms("happily")[0] == "merrily"
    texts = ["A happily told story of the film"] * 50
    out, _ = SynonymReplacement(0.3, source=source, random_state=0).fit_resample(
        texts, [0] * 50
    )
    assert len(set(out[50:])) > 5
    assert all(text.startswith("A ") for text in out)


# ---------------------------------------------------------------------------- corpus
def corpus(seed=0, n_texts=600):
    """Sentences in which words of a kind stand in the same places."""
    rng = np.random.default_rng(seed)
    animals, actions = ["cat", "dog", "cow", "horse"], ["sleeps", "eats", "runs"]
    places, times = ["house", "garden", "field"], ["today", "again"]
    drawn = [rng.choice(kind, n_texts) for kind in (animals, actions, places, times)]
    return [f"the {a} {v} in a {p} {t}" for a, v, p, t in zip(*drawn, strict=True)]


def test_words_in_the_same_surroundings_are_neighbors():
    thesaurus = CorpusThesaurus(n_neighbors=2).fit(corpus())
    assert set(thesaurus.synonyms("cat")) < {"dog", "cow", "horse"}
    assert set(thesaurus.synonyms("eats")) == {"sleeps", "runs"}
    assert set(thesaurus.synonyms("garden")) == {"house", "field"}
    assert thesaurus.synonyms("unknown") == []
    again = CorpusThesaurus(n_neighbors=2).fit(corpus())
    assert again.neighbors_ == thesaurus.neighbors_


def test_rare_words_and_few_texts_have_no_neighbors():
    texts = [*corpus(), "the zebra sleeps in a house today"]
    assert CorpusThesaurus().fit(texts).synonyms("zebra") == []
    assert CorpusThesaurus(min_count=1).fit(texts).synonyms("zebra")
    for few in ([""], ["a"], ["a b"], ["?!"], ["a b c"] * 10):
        assert CorpusThesaurus(min_count=1).fit(few).synonyms("zebra") == []
    short = CorpusThesaurus(max_words=3).fit(corpus())
    assert len(short.neighbors_) <= 3


def test_the_corpus_is_the_default_and_the_own_source_is_not_changed():
    texts = corpus()
    default = SynonymReplacement(random_state=0)
    out, _ = default.fit_resample(texts, [0] * len(texts))
    assert isinstance(default.source_, CorpusThesaurus)
    replaced = {
        (old, new)
        for before, after in zip(texts, out[len(texts) :], strict=True)
        for old, new in zip(before.split(), after.split(), strict=True)
        if old != new
    }
    assert ("cat", "dog") in replaced
    assert not {old for old, _ in replaced} & {"the", "in", "a", "again"}
    own = CorpusThesaurus(n_neighbors=1)
    given_source = SynonymReplacement(source=own, random_state=0)
    given_source.fit_resample(texts, [0] * len(texts))
    assert not hasattr(own, "neighbors_")
    assert hasattr(given_source.source_, "neighbors_")


@pytest.mark.parametrize(
    "params",
    [
        {"n_neighbors": 0},
        {"min_similarity": 1.5},
        {"min_count": 0},
        {"max_words": 1},
        {"window": 0},
        {"n_components": 1.5},
    ],
)
def test_the_corpus_thesaurus_refuses_bad_parameters(params):
    (name,) = params
    with pytest.raises(ValueError, match=f"The '{name}' parameter of CorpusThesaurus"):
        CorpusThesaurus(**params)


def test_an_unfitted_thesaurus_says_so():
    with pytest.raises(ValueError, match="must be fitted first"):
        CorpusThesaurus().synonyms("a")


# ------------------------------------------------------------------------------- case
@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        ("movie", "film", "movie"),
        ("movie", "Film", "Movie"),
        ("movie", "FILM", "MOVIE"),
        ("Paris", "capital", "Paris"),
        ("we", "I", "We"),
        ("movie", "iPhone", "movie"),
        ("movie", "3D", "MOVIE"),
        ("映画", "Film", "映画"),
    ],
)
def test_synonyms_take_the_case_of_the_word(new, old, expected):
    assert matched_case(new, old) == expected


def test_a_lexicon_asks_in_two_cases_and_filters():
    class Source:
        def synonyms(self, word):
            known = {"Haus": ["Gebäude"], "so": ["the", "SO", "", "thus", "thus"]}
            return known.get(word, [])

    lexicon = Lexicon(Source(), frozenset({"not"}), frozenset({"the"}))
    for draw in np.linspace(0, 0.99, 20):
        assert lexicon.synonym("Haus", draw) == "Gebäude"
        assert lexicon.synonym("So", draw) == "Thus"
        assert lexicon.synonym("SO", draw) == "THUS"
        assert lexicon.synonym("not", draw) is None
        assert lexicon.synonym("the", draw) is None
    plain = Lexicon({"the": ["a"]}, frozenset(), frozenset({"the", "a"}))
    assert plain.synonym("the", 0.5) == "a"  # a dict is taken at its word
    assert (
        Lexicon({"so": ["So", " "]}, frozenset(), frozenset()).synonym("so", 0) is None
    )


def test_synonyms_that_fit_are_equally_likely():
    lexicon = Lexicon({"a": ["b", "A", "c", "", "d"]}, frozenset(), frozenset())
    drawn = [lexicon.synonym("a", draw) for draw in np.arange(0.0005, 1, 0.001)]
    assert [drawn.count(each) / 1000 for each in "bcd"] == pytest.approx(
        [1 / 3] * 3, abs=0.01
    )
