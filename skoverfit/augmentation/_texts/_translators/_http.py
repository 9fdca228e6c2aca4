"""Translation by a server that speaks LibreTranslate's protocol."""

import json
import time
from base64 import b64encode
from collections.abc import Sequence
from http.client import HTTPException
from threading import TIMEOUT_MAX
from typing import Any
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import Request

from skoverfit._types import PathLike
from skoverfit.augmentation._texts._translators._base import (
    TranslationCache,
    translated,
    wrong_answer,
)
from skoverfit.augmentation._texts._translators._deadline import Deadline

__all__ = ["HttpTranslator"]

# Answers after which another try may succeed.
_TEMPORARY = {408, 425, 429, 500, 502, 503, 504}
_MAX_WAIT = 60.0
# Characters of an error that are shown, and bytes of one that are read.
_LONGEST, _LONGEST_ERROR = 300, 10_000


class HttpTranslator:
    """Translation by a LibreTranslate-compatible server.

    Texts are posted to ``/translate`` in batches. A request that fails for a reason
    that may pass is repeated, after a wait that doubles each time or that the server
    asks for. With a journal every finished batch is kept in a file, so that after a
    broken connection only what is missing is asked for again.

    Parameters
    ----------
    url : str
        Address of the server, such as "http://localhost:5000". A user and a password
        in it, as in "https://user:password@host", are sent and never shown.
    source, target : str
        Codes of the languages, as the server knows them: "en", "es".
    api_key : str or None, default=None
        Key, where the server wants one.
    journal : str or path-like or None, default=None
        File of finished translations.
    batch_size : int, default=50
        Texts in one request.
    timeout : float, default=30
        Seconds until a request must be answered in full.
    retries : int, default=5
        How often a failed request is repeated.
    backoff : float, default=0.5
        Seconds before the first repetition.
    max_bytes : int, default=50_000_000
        Largest answer to one request.

    Attributes
    ----------
    direction : str
        Name under which translations are cached.

    Raises
    ------
    ValueError
        If a parameter is not allowed.
    ConnectionError
        From ``translate``, if the server refuses, answers something else than
        translations, or all repetitions fail; the message names the server and says
        how many texts are done.

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
        url: str,
        source: str,
        target: str,
        *,
        api_key: str | None = None,
        journal: PathLike | None = None,
        batch_size: int = 50,
        timeout: float = 30.0,
        retries: int = 5,
        backoff: float = 0.5,
        max_bytes: int = 50_000_000,
    ) -> None:
        self.url, self._login = _checked_url(url)
        limits = {
            "batch_size": (batch_size, 1),
            "retries": (retries, 0),
            "max_bytes": (max_bytes, 1),
        }
        for name, (value, least) in limits.items():
            if not isinstance(value, int) or value < least:
                raise ValueError(f"{name} must be an int from {least}. Got {value!r}.")
        if not _is_time(timeout) or not timeout > 0 or not _is_time(backoff):
            raise ValueError(
                "timeout must be above 0 and backoff at least 0 seconds. "
                f"Got timeout={timeout!r} and backoff={backoff!r}."
            )
        self.source = source
        self.target = target
        self.api_key = api_key
        self.journal = journal
        self.batch_size = batch_size
        self.timeout = timeout
        self.retries = retries
        self.backoff = backoff
        self.max_bytes = max_bytes

    def __repr__(self):
        return f"HttpTranslator({self.url!r}, {self.source!r}, {self.target!r})"

    @property
    def direction(self) -> str:
        """Name under which translations are cached."""
        return f"{self.url}:{self.source}-{self.target}"

    def translate(self, texts: Sequence[str]) -> list[str]:
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
            except _Failure as failure:
                if not failure.may_pass or attempt == self.translator.retries:
                    raise self._failed(str(failure)) from failure
                wait = max(wait, failure.wait)
            else:
                self.n_done += len(texts)
                return result
            time.sleep(min(wait, _MAX_WAIT))
            wait *= 2
        raise AssertionError  # the last attempt returns or raises

    def _posted(self, texts: list[str]) -> list[str]:
        limit, seconds = self.translator.max_bytes, self.translator.timeout
        with Deadline(seconds) as deadline:
            try:
                with deadline.open(self._request(texts)) as answer:
                    content = answer.read(limit + 1)
                    if len(content) <= limit:
                        content += answer.read()  # fails if something is missing
            except HTTPError as error:
                with error:
                    failure = _refusal(error)
                raise failure from None
            except (HTTPException, OSError, ValueError) as error:
                failure = _Failure(str(error) or type(error).__name__)
                raise (_late(seconds) if deadline.is_over else failure) from None
        if deadline.is_over:
            raise _late(seconds)
        if len(content) > limit:
            raise _Failure(f"the answer is larger than max_bytes={limit}", False)
        return _translations(content, len(texts))

    def _request(self, texts: list[str]) -> Request:
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
        login = self.translator._login
        if login is not None:
            coded = b64encode(login.encode("utf-8")).decode("ascii")
            request.add_unredirected_header("Authorization", f"Basic {coded}")
        return request

    def _failed(self, reason: str) -> ConnectionError:
        journal = self.translator.journal
        kept = (
            "they are lost; give journal= to keep them"
            if journal is None
            else f"they are kept in {str(journal)!r}, so call again to go on"
        )
        return ConnectionError(
            f"{self.translator!r} failed: {self._without_secrets(reason)}. "
            f"{self.n_done} texts were translated in this call; {kept}."
        )

    def _without_secrets(self, text: str) -> str:
        """Text in one printable line, without the key and the password."""
        login = self.translator._login or ""
        secrets = (self.translator.api_key, login, login.partition(":")[2])
        for secret in filter(None, map(str, filter(None, secrets))):
            text = text.replace(secret, "***")
        text = "".join(c if c.isprintable() else " " for c in text)
        return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


class _Failure(Exception):
    """Why a request failed.

    Parameters
    ----------
    reason : str
    may_pass : bool
        Whether another try may succeed.
    wait : float
        Seconds that the server asks to wait for before.
    """

    def __init__(self, reason: str, may_pass: bool = True, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.may_pass = may_pass
        self.wait = wait


def _late(seconds: float) -> _Failure:
    return _Failure(f"no full answer within timeout={seconds} seconds")


def _refusal(error: HTTPError) -> _Failure:
    """Read what the server says about an error, and how long to wait."""
    message = ""
    try:
        content = json.loads(error.read(_LONGEST_ERROR))
        message = str(content.get("error") or "")
    except (ValueError, OSError, AttributeError, HTTPException, RecursionError):
        pass  # it says nothing that can be read
    asked = error.headers.get("Retry-After") or ""
    wait = float(asked) if asked.isascii() and asked.isdigit() else 0.0
    reason = f"HTTP {error.code} {error.reason}" + (f", {message}" if message else "")
    return _Failure(reason, error.code in _TEMPORARY, wait)


def _translations(content: bytes, n_texts: int) -> list[str]:
    """Read the translations out of an answer."""
    try:
        answer = json.loads(content)
    except ValueError as error:
        raise _Failure(f"the answer is not JSON: {error}") from None
    except RecursionError:
        raise _Failure("the answer is nested too deeply", False) from None
    if not isinstance(answer, dict) or "translatedText" not in answer:
        raise _Failure("the answer has no 'translatedText'")
    wrong = wrong_answer(answer["translatedText"], n_texts)
    if wrong is not None:
        text = f"'translatedText' must be a list of {n_texts} strings. Got {wrong}"
        raise _Failure(text, False)
    return answer["translatedText"]


def _is_time(value: Any) -> bool:
    """Whether a value is a number of seconds that can be waited for."""
    return isinstance(value, int | float) and 0 <= value < TIMEOUT_MAX


def _checked_url(url: Any) -> tuple[str, str | None]:
    """Return the address without user and password, and these."""
    try:
        parts = urlsplit(str(url))
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError("url must be an address such as http://localhost:5000") from (
            None if "@" in str(url) else error
        )
    login, _, place = parts.netloc.rpartition("@")
    shown = urlunsplit(parts._replace(netloc=place, query="", fragment=""))
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise ValueError(f"url must begin with http:// or https://. Got {shown!r}.")
    if parts.query or parts.fragment:
        raise ValueError(
            "url must end in a path, without a query; a key is given as api_key=. "
            f"Got more than {shown!r}."
        )
    return shown.rstrip("/"), unquote(login) if login else None
