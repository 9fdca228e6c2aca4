"""Translation by a server that speaks LibreTranslate's protocol."""

import json
import time
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from skoverfit.augmentation._translation import TranslationCache, translated

__all__ = ["HttpTranslator"]

# Answers after which another try may succeed.
_TEMPORARY = {408, 425, 429, 500, 502, 503, 504}
_MAX_WAIT = 60.0


class HttpTranslator:
    """Translation by a LibreTranslate-compatible server.

    Texts are posted to ``/translate`` in batches. A request that fails for a reason
    that may pass is repeated, after a wait that doubles each time or that the server
    asks for. With a journal every finished batch is kept in a file, so that after a
    broken connection only what is missing is asked for again.

    Parameters
    ----------
    url : str
        Address of the server, such as "http://localhost:5000".
    source, target : str
        Codes of the languages, as the server knows them: "en", "es".
    api_key : str or None, default=None
        Key, where the server wants one.
    journal : str or path-like or None, default=None
        File of finished translations.
    batch_size : int, default=50
        Texts in one request.
    timeout : float, default=30
        Seconds to wait for an answer.
    retries : int, default=5
        How often a failed request is repeated.
    backoff : float, default=0.5
        Seconds before the first repetition.

    Attributes
    ----------
    direction : str
        Name under which translations are cached.

    Raises
    ------
    ValueError
        If a parameter is not allowed.
    ConnectionError
        From ``translate``, if the server refuses or all repetitions fail; the message
        says how many texts are done.

    Examples
    --------
    >>> from skoverfit.augmentation import HttpTranslator
    >>> translator = HttpTranslator(
    ...     "http://localhost:5000", "en", "es", journal="translations.sqlite"
    ... )
    >>> translator.direction
    'http://localhost:5000:en-es'
    """

    def __init__(
        self,
        url,
        source,
        target,
        *,
        api_key=None,
        journal=None,
        batch_size=50,
        timeout=30.0,
        retries=5,
        backoff=0.5,
    ):
        if urlsplit(str(url)).scheme not in ("http", "https"):
            raise ValueError(f"url must begin with http:// or https://. Got {url!r}.")
        limits = {"batch_size": (batch_size, 1), "retries": (retries, 0)}
        for name, (value, least) in limits.items():
            if not isinstance(value, int) or value < least:
                raise ValueError(f"{name} must be an int from {least}. Got {value!r}.")
        if not timeout > 0 or not backoff >= 0:
            raise ValueError(
                "timeout must be above 0 and backoff at least 0 seconds. "
                f"Got timeout={timeout!r} and backoff={backoff!r}."
            )
        self.url = str(url).rstrip("/")
        self.source = source
        self.target = target
        self.api_key = api_key
        self.journal = journal
        self.batch_size = batch_size
        self.timeout = timeout
        self.retries = retries
        self.backoff = backoff

    def __repr__(self):
        return f"HttpTranslator({self.url!r}, {self.source!r}, {self.target!r})"

    @property
    def direction(self):
        """Name under which translations are cached."""
        return f"{self.url}:{self.source}-{self.target}"

    def translate(self, texts):
        """Translate texts, each distinct one once.

        Parameters
        ----------
        texts : list of str
            The texts.

        Returns
        -------
        translations : list of str
            One for each text.
        """
        # Without a journal what is done until an error is lost, so no cache is needed.
        journal = None if self.journal is None else TranslationCache(self.journal)
        work = _Requests(self)
        return translated(work, list(texts), journal, self.batch_size)


class _Requests:
    """The requests of one call."""

    def __init__(self, translator: HttpTranslator) -> None:
        self.translator = translator
        self.direction = translator.direction
        self.n_done = 0

    def __repr__(self) -> str:
        return f"The server of {self.translator!r}"

    def translate(self, texts: list[str]) -> list[str]:
        """Post one batch, again and again if need be."""
        wait = self.translator.backoff
        for attempt in range(self.translator.retries + 1):
            try:
                result = self._posted(texts)
            except HTTPError as error:
                asked = _asked_wait(error)
                if error.code not in _TEMPORARY or attempt == self.translator.retries:
                    raise self._failed(_reason(error)) from error
                wait = max(wait, asked)
            except (URLError, HTTPException, OSError, ValueError) as error:
                if attempt == self.translator.retries:
                    raise self._failed(str(error)) from error
            else:
                self.n_done += len(texts)
                return result
            time.sleep(min(wait, _MAX_WAIT))
            wait *= 2
        raise AssertionError  # the last attempt returns or raises

    def _posted(self, texts: list[str]) -> Any:
        body = {
            "q": texts,
            "source": self.translator.source,
            "target": self.translator.target,
            "format": "text",
        }
        if self.translator.api_key is not None:
            body["api_key"] = self.translator.api_key
        request = Request(
            self.translator.url + "/translate",
            data=json.dumps(body).encode("ascii"),
            headers={"Content-Type": "application/json"},
        )
        with urlopen(request, timeout=self.translator.timeout) as answer:
            content = json.loads(answer.read())
        if not isinstance(content, dict) or "translatedText" not in content:
            raise ValueError("the answer has no 'translatedText'")
        return content["translatedText"]

    def _failed(self, reason: str) -> ConnectionError:
        journal = self.translator.journal
        kept = (
            "they are lost; give journal= to keep them"
            if journal is None
            else f"they are kept in {str(journal)!r}, so call again to go on"
        )
        return ConnectionError(
            f"{self.translator!r} failed: {reason}. {self.n_done} texts were "
            f"translated in this call; {kept}."
        )


def _asked_wait(error: HTTPError) -> float:
    """Seconds that the server asks to wait for."""
    asked = error.headers.get("Retry-After") or ""
    return float(asked) if asked.isdigit() else 0.0


def _reason(error: HTTPError) -> str:
    """Read what the server says about an error."""
    try:
        content = json.loads(error.read())
        message = content.get("error", "")
    except (ValueError, OSError, AttributeError):
        message = ""
    return f"HTTP {error.code} {error.reason}" + (f", {message}" if message else "")
