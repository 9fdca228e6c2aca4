"""Marian models: from this machine, in batches, with the extra named."""

import json
import sys

import pytest

from skoverfit.augmentation import (
    BackTranslation,
    MarianTranslator,
)


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
