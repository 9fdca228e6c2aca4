"""Translation by MarianMT models of transformers."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from skoverfit._compat import import_optional
from skoverfit._types import PathLike

__all__ = ["MarianTranslator"]


class MarianTranslator:
    """Neural translation by a MarianMT model of the transformers library.

    Needs ``skoverfit[translation]`` and the files of a model. Nothing is downloaded: a
    name is looked up among the models that are already in the cache of Hugging Face.

    Parameters
    ----------
    model : str or path-like
        Folder of the model, or its name, such as "Helsinki-NLP/opus-mt-en-es".
    batch_size : int, default=32
        Texts that are translated at a time.
    device : str, default="cpu"
        Device of PyTorch, such as "cuda".
    num_beams : int, default=1
        Width of the beam search; 1 is greedy.
    max_length : int, default=256
        Texts are cut after so many tokens, and translations end there.

    Attributes
    ----------
    direction : str
        Name under which translations are cached.

    Raises
    ------
    ValueError
        If a parameter is not allowed.
    ImportError
        From ``translate``, if transformers is not installed.
    OSError
        From ``translate``, if there is no such model on this machine.

    References
    ----------
    .. [1] M. Junczys-Dowmunt et al., "Marian: Fast Neural Machine Translation in C++",
       ACL 2018, System Demonstrations.

    Examples
    --------
    >>> from skoverfit.augmentation import MarianTranslator
    >>> translator = MarianTranslator("Helsinki-NLP/opus-mt-en-es", num_beams=4)
    >>> translator.direction
    'marian:Helsinki-NLP/opus-mt-en-es:4:256'
    """

    def __init__(
        self,
        model: PathLike,
        *,
        batch_size: int = 32,
        device: str = "cpu",
        num_beams: int = 1,
        max_length: int = 256,
    ) -> None:
        limits = {
            "batch_size": batch_size,
            "num_beams": num_beams,
            "max_length": max_length,
        }
        for name, value in limits.items():
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} must be an int from 1. Got {value!r}.")
        self.model = str(model)
        self.batch_size = batch_size
        self.device = device
        self.num_beams = num_beams
        self.max_length = max_length

    def __repr__(self):
        return f"MarianTranslator({self.model!r}, device={self.device!r})"

    @property
    def direction(self) -> str:
        """Name under which translations are cached."""
        return f"marian:{self.model}:{self.num_beams}:{self.max_length}"

    def translate(self, texts: Sequence[str]) -> list[str]:
        """Translate texts in batches of similar length.

        Parameters
        ----------
        texts : list of str
            The texts.

        Returns
        -------
        translations : list of str
            One for each text.
        """
        torch = import_optional("torch", extra="translation")
        tokenizer, model = _loaded(self.model, self.device)
        # Texts of one length need no padding.
        order = sorted(range(len(texts)), key=lambda k: len(texts[k]))
        result = [""] * len(texts)
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            encoded = tokenizer(
                [texts[k] for k in batch],
                return_tensors="pt",
                padding=True,
                truncation=True,
                max_length=self.max_length,
            ).to(self.device)
            with torch.inference_mode():
                tokens = model.generate(
                    **encoded,
                    num_beams=self.num_beams,
                    max_length=self.max_length,
                    do_sample=False,
                )
            decoded = tokenizer.batch_decode(tokens, skip_special_tokens=True)
            for k, text in zip(batch, decoded, strict=True):
                result[k] = text
        return result


@lru_cache(maxsize=4)
def _loaded(name: str, device: str) -> tuple[Any, Any]:
    """Tokenizer and model from this machine, loaded once."""
    transformers = import_optional("transformers", extra="translation")
    import_optional("sentencepiece", extra="translation")
    tokenizer = transformers.MarianTokenizer.from_pretrained(
        name, local_files_only=True
    )
    model = transformers.MarianMTModel.from_pretrained(name, local_files_only=True)
    return tokenizer, model.to(device).eval()
