"""Words of many texts: found once, edited in place, put back together."""

import unicodedata
from functools import cache, cached_property
from itertools import compress

import numpy as np

from skoverfit.augmentation._texts._graphemes import has_clusters
from skoverfit.augmentation._texts._vocabulary import Parts, parts_of

__all__ = ["Tokens", "draw", "pick"]

# Letters above are looked at one by one; they are rare.
_LAST_LETTER = 0x20000


class _Splits(dict):
    """Numbers of distinct pieces; `parts` holds the separators and words of each.

    Keys are encoded pieces, so that only distinct ones have to be decoded.
    """

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self.encoding = encoding
        self.parts: list[Parts] = []

    def __missing__(self, piece: bytes) -> int:
        piece_text = piece.decode(self.encoding, "surrogatepass")
        self.parts.append(parts_of(piece_text))
        self[piece] = number = len(self.parts) - 1
        return number


def _is_composed(parts: tuple[str, ...]) -> bool:
    """Whether there is a word, and more to the piece than that."""
    return len(parts) > 3 or (len(parts) == 3 and bool(parts[0] or parts[2]))


@cache
def _letters() -> np.ndarray:
    """Which code points are letters or digits, or the space; the last is for all above.

    These are what the pattern of a word calls a letter, but for marks and joiners.
    """
    points = range(_LAST_LETTER)
    table = np.fromiter((chr(c).isalnum() for c in points), bool, _LAST_LETTER)
    table[[ord(" "), ord("_")]] = True
    return np.append(table, False)


@cache
def _digits() -> np.ndarray:
    """Which code points are digits; the last is for all above."""
    points = range(_LAST_LETTER)
    table = np.fromiter((chr(c).isdecimal() for c in points), bool, _LAST_LETTER)
    return np.append(table, False)


@cache
def _ascii_letters() -> np.ndarray:
    """As above, of bytes in UTF-8; those beyond ASCII are looked at one by one."""
    return np.append(_letters()[:128], np.zeros(128, dtype=bool))


class _Characters:
    """Characters of a text as numbers, and its pieces, which are cut at spaces.

    Mostly English texts are held in UTF-8, all others in UTF-32.
    """

    def __init__(self, text: str) -> None:
        self.encoding, self.width = "utf-8", 1
        self.data = text.encode(self.encoding, "surrogatepass")
        compact = len(self.data) <= 1.1 * len(text)
        if not compact:
            self.encoding, self.width = "utf-32-le", 4
            self.data = text.encode(self.encoding, "surrogatepass")
        self.codes = np.frombuffer(self.data, np.uint8 if compact else np.uint32)
        self._spaces = np.flatnonzero(self.codes == ord(" "))
        #: Where each piece begins and ends.
        self.start = np.concatenate([[0], self._spaces + 1])
        self.end = np.append(self._spaces, len(self.codes))

    def with_others(self) -> np.ndarray:
        """Pieces that hold other characters than letters and digits."""
        if self.width == 1:
            letters = _ascii_letters()[self.codes]
        else:
            letters = _letters()[np.minimum(self.codes, _LAST_LETTER)]
        at = np.searchsorted(self._spaces, np.flatnonzero(~letters))
        return at[np.diff(at, prepend=-1) > 0]

    def with_number(self) -> np.ndarray:
        """Pieces that begin with a digit."""
        full = np.flatnonzero(self.end > self.start)
        first = self.codes[self.start[full]]
        if self.width == 1:
            return full[(first >= ord("0")) & (first <= ord("9"))]
        return full[_digits()[np.minimum(first, _LAST_LETTER)]]

    def encoded(self, start: np.ndarray, end: np.ndarray) -> list[bytes]:
        """Cut parts out of the text."""
        data, width = self.data, self.width
        bounds = zip((width * start).tolist(), (width * end).tolist(), strict=True)
        return [data[a:b] for a, b in bounds]

    def of_pieces(self, pieces: np.ndarray) -> list[str]:
        """Pieces as strings, wherever they stand."""
        if not len(pieces):
            return []
        sizes = self.end[pieces] + 1 - self.start[pieces]
        ends = np.cumsum(sizes)
        at = np.arange(ends[-1]) + np.repeat(self.start[pieces] - ends + sizes, sizes)
        codes = self.codes.take(at, mode="clip")
        codes[ends - 1] = ord(" ")
        return self._decoded(codes[:-1]).split(" ")

    def without(self, gone: np.ndarray, start: np.ndarray, end: np.ndarray) -> list:
        """Texts without some pieces.

        Parameters
        ----------
        gone : ndarray of int
            Pieces, with the space behind them; the last one with that before it.
        start, end : ndarray of int
            The pieces of each text.
        """
        sizes = self.end + 1 - self.start
        kept = np.ones(len(sizes), dtype=bool)
        kept[gone] = False
        codes = self.codes[np.repeat(kept, sizes)[:-1]]
        before = np.concatenate([[0], np.cumsum(sizes * kept)])
        first = before[start]
        last = np.maximum(before[end] - 1, first)  # without the space
        data, encoding = codes.tobytes(), self.encoding
        bounds = zip(
            (self.width * first).tolist(), (self.width * last).tolist(), strict=True
        )
        return [data[a:b].decode(encoding, "surrogatepass") for a, b in bounds]

    def _decoded(self, codes: np.ndarray) -> str:
        return codes.tobytes().decode(self.encoding, "surrogatepass")


class Tokens:
    """The words of texts, numbered from the first text's first to the last's last.

    A text is cut at spaces into pieces. Most pieces are one word; of the others
    `parts` holds separators and words in turn. So putting an edited text together is
    one join, and everything that is not edited stays as it was.

    Parameters
    ----------
    texts : list
        Strings. Anything else is a text without words, which stays as it is.
    """

    def __init__(self, texts: list) -> None:
        self.texts = texts
        #: Positions of what is not a string.
        self.others = [k for k, t in enumerate(texts) if not isinstance(t, str)]
        if self.others:
            texts = [text if isinstance(text, str) else "" for text in texts]
        self._strings = texts
        self._characters = _Characters(" ".join(texts))
        n_texts = len(texts)
        self.n_pieces = 1 + np.fromiter((t.count(" ") for t in texts), int, n_texts)
        self.start = np.cumsum(self.n_pieces) - self.n_pieces
        n_words = self._count_words()
        #: Number of words of each text, and number of its first word.
        self.n_words = np.add.reduceat(n_words, self.start)
        self.first = np.cumsum(self.n_words) - self.n_words
        #: Piece of each word, and number of the first word of each piece.
        self.piece_of = np.repeat(np.arange(len(n_words)), n_words)
        self._first_of_piece = np.cumsum(n_words) - n_words
        #: Which words are not to be changed.
        self.fixed = np.zeros(len(self.piece_of), dtype=bool)
        self._all_free = True
        #: Number of the others of each text, and how many there are before it.
        self.n_free, self._first_free = self.n_words, self.first

    def entities(self) -> np.ndarray:
        """Return which words are in a URL, an address, a hashtag, a mention, a number.

        They hold no space. A number is all that begins with a digit.
        """
        found = np.zeros(len(self.piece_of), dtype=bool)
        found[self._first_of_piece[self._characters.with_number()]] = True
        for piece, whole in self._whole.items():
            first = self._first_of_piece[piece]
            found[first : first + len(whole)] = whole
        return found

    def fix(self, fixed: np.ndarray) -> None:
        """Set which words are not to be changed."""
        self.fixed, self._all_free = fixed, not fixed.any()
        if self._all_free:
            self.n_free, self._first_free = self.n_words, self.first
            return
        before = np.concatenate([[0], np.cumsum(~fixed)])
        self._first_free = before[self.first]
        self.n_free = before[self.first + self.n_words] - self._first_free
        self._free = np.flatnonzero(~fixed)

    def free_of(self, parents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Words of some texts that may be changed; otherwise as `words_of`."""
        rows, words = self.words_of(parents)
        if self._all_free:
            return rows, words
        free = ~self.fixed[words]
        return rows[free], words[free]

    def drawn(
        self, parents: np.ndarray, n_wanted: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw words that may be changed, without replacement.

        Parameters
        ----------
        parents : ndarray of int
            Texts.
        n_wanted : ndarray of int
            How many words of each, at most `n_free`.
        rng : numpy.random.Generator

        Returns
        -------
        rows, words : ndarray of int
            By row, in random order within a row.
        """
        rows, ranks = draw(self.n_free[parents], n_wanted, rng)
        words = self._first_free[parents][rows] + ranks
        return rows, words if self._all_free else self._free[words]

    @cached_property
    def pieces(self) -> list[str]:
        """All pieces of all texts; not every edit needs them."""
        return " ".join(self._strings).split(" ")

    @cached_property
    def has_clusters(self) -> bool:
        """Whether some characters are written with several."""
        return any(map(has_clusters, self._strings))

    def _count_words(self) -> np.ndarray:
        """Words of each piece; note the parts of those that are not just one word."""
        characters = self._characters
        start, end = characters.start, characters.end
        n_words = (end > start).astype(np.intp)
        odd = characters.with_others()
        n_words[odd] = 0
        odd = odd[end[odd] - start[odd] > 1]  # one character that is no letter is none
        splits = _Splits(characters.encoding)
        kinds = np.fromiter(
            map(splits.__getitem__, characters.encoded(start[odd], end[odd])),
            dtype=np.intp,
            count=len(odd),
        )
        table = splits.parts
        n_words[odd] = np.array([len(p.strings) // 2 for p in table], np.intp)[kinds]
        composed = np.array([_is_composed(p.strings) for p in table], bool)[kinds]
        whole = np.array([p.whole is not None for p in table], bool)[kinds]
        self.composed = np.zeros(len(n_words), dtype=bool)
        self.composed[odd[composed]] = True
        parts = [table[kind].strings for kind in kinds[composed].tolist()]
        self.parts = dict(zip(odd[composed].tolist(), parts, strict=True))
        self._whole = {
            piece: table[kind].whole
            for piece, kind in zip(odd[whole].tolist(), kinds[whole], strict=True)
        }
        return n_words

    def words_of(self, parents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Words of some texts: position of the text in `parents`, number of the word.

        Parameters
        ----------
        parents : ndarray of int
            Texts; the same one may stand there more than once.

        Returns
        -------
        rows, words : ndarray of int
            One entry for each word; rows ascend.
        """
        counts = self.n_words[parents]
        rows = np.repeat(np.arange(len(parents)), counts)
        if self._is_whole(parents):
            return rows, np.arange(len(rows))
        shift = self.first[parents] - (np.cumsum(counts) - counts)
        return rows, np.arange(len(rows)) + shift[rows]

    def _is_whole(self, parents: np.ndarray) -> bool:
        """Whether the parents are all texts in their order."""
        n_texts = len(self.texts)
        return len(parents) == n_texts and bool((parents == np.arange(n_texts)).all())

    def _rank(self, word: int, piece: int) -> int:
        """Position of a word in the parts of its piece."""
        return 2 * (word - int(self._first_of_piece[piece])) + 1

    def word(self, number: int, piece: int) -> str:
        """One word of a piece as it is written."""
        if piece not in self.parts:
            return self.pieces[piece]
        return self.parts[piece][self._rank(number, piece)]

    def strings(self, words: np.ndarray, few: bool = False) -> list[str]:
        """Words as they are written; a few are cut out without making all pieces."""
        at = self.piece_of[words]
        composed = self.composed[at]
        if few and "pieces" not in vars(self):
            # A piece of many words, which may be a whole text, is not cut out for each.
            found = [""] * len(at)
            plain = np.flatnonzero(~composed)
            strings = self._characters.of_pieces(at[plain])
            for i, string in zip(plain.tolist(), strings, strict=True):
                found[i] = string
        else:
            pieces = self.pieces
            found = [pieces[k] for k in at.tolist()]
        for i in np.flatnonzero(composed).tolist():
            found[i] = self.parts[int(at[i])][self._rank(int(words[i]), int(at[i]))]
        return found

    def rewritten(
        self,
        parents: np.ndarray,
        rows: np.ndarray,
        words: np.ndarray,
        new: list,
    ) -> list:
        """Copy texts with some words replaced.

        Parameters
        ----------
        parents : ndarray of int
            Texts to copy.
        rows : ndarray of int
            Position in `parents` of the text of each edit, ascending.
        words : ndarray of int
            Number of the word that each edit replaces; no word of a row twice.
        new : list of str or None
            What takes its place; None deletes it, and a space beside it.

        Returns
        -------
        texts : list
            One for each parent.
        """
        own, start = self._copied_pieces(parents)
        at = self.piece_of[words]
        moved = at + (start - self.start[parents])[rows]
        edited = moved.tolist()
        for k, word in zip(edited, new, strict=True):
            own[k] = word
        ends = start + self.n_pieces[parents]
        composed = np.flatnonzero(self.composed[at])
        loose: dict[int, bool] = {}
        if composed.size:
            edits = [(int(words[i]), int(at[i]), new[i]) for i in composed.tolist()]
            loose = self._edit_parts(own, moved[composed].tolist(), edits)
        gone = moved[[own[k] is None for k in edited]] if None in new else moved[:0]
        result = _joined(own, start, ends, gone)
        if loose:
            where = np.searchsorted(start, list(loose), side="right") - 1
            for row in np.unique(where).tolist():
                result[row] = _closed_up(own, loose, int(start[row]), int(ends[row]))
        if self.others:
            for row in np.flatnonzero(np.isin(parents, self.others)).tolist():
                result[row] = self.texts[parents[row]]
        return result

    def without(self, parents: np.ndarray, rows: np.ndarray, words: np.ndarray) -> list:
        """Copy texts with some words, and a space beside each, deleted.

        Parameters and result are those of `rewritten`.
        """
        if self.others or not self._is_whole(parents):
            return self.rewritten(parents, rows, words, [None] * len(words))
        at = self.piece_of[words]
        ends = self.start + self.n_pieces
        result = self._characters.without(at, self.start, ends)
        # What is written together with other words or signs needs more care.
        special = np.zeros(len(parents), dtype=bool)
        special[rows[self.composed[at]]] = True
        if special.any():
            edits, where = special[rows], np.flatnonzero(special)
            own = np.searchsorted(where, rows[edits])
            careful = self.rewritten(
                where, own, words[edits], [None] * int(edits.sum())
            )
            for row, text in zip(where.tolist(), careful, strict=True):
                result[row] = text
        return result

    def _copied_pieces(self, parents: np.ndarray) -> tuple[list, np.ndarray]:
        """Pieces of some texts, and where those of each text begin."""
        if self._is_whole(parents):
            return self.pieces.copy(), self.start
        firsts, sizes = self.start[parents], self.n_pieces[parents]
        start = np.cumsum(sizes) - sizes
        if "pieces" not in vars(self):
            return " ".join([self._strings[k] for k in parents]).split(" "), start
        own: list = []
        for first, end in zip(firsts.tolist(), (firsts + sizes).tolist(), strict=True):
            own += self.pieces[first:end]
        return own, start

    def _edit_parts(self, own: list, where: list, edits: list) -> dict[int, bool]:
        """Edit words in pieces of several parts.

        Parameters
        ----------
        own : list
            The pieces of all texts, changed in place.
        where : list of int
            Where the piece of each edit stands in `own`.
        edits : list of (int, int, str or None)
            Number of the word, number of its piece, and what takes its place.

        Returns
        -------
        loose : dict
            Pieces of which only separators are left; whether these belong to what
            follows, as an opening bracket does.
        """
        changed: dict[int, list] = {}
        for k, (word, piece, new) in zip(where, edits, strict=True):
            if k not in changed:  # copied once, since a piece may be a whole text
                changed[k] = list(self.parts[piece])
            changed[k][self._rank(word, piece)] = new
        loose = {}
        for k, parts in changed.items():
            own[k] = _glued(parts)
            if all(word is None for word in parts[1::2]):
                own[k] = own[k] or None
                loose[k] = bool(parts[0]) and not parts[-1]
        return {k: opens for k, opens in loose.items() if own[k]}


def _joined(
    pieces: list, start: np.ndarray, end: np.ndarray, gone: np.ndarray
) -> list[str]:
    """Join the pieces of each text, without those that are gone."""
    if gone.size:
        kept = np.ones(len(pieces), dtype=bool)
        kept[gone] = False
        before = np.concatenate([[0], np.cumsum(kept)])
        pieces = list(compress(pieces, kept.tobytes()))
        start, end = before[start], before[end]
    bounds = zip(start.tolist(), end.tolist(), strict=True)
    return [" ".join(pieces[a:b]) for a, b in bounds]


def _glued(parts: list) -> str:
    """Join separators and words; a deleted word takes the space beside it along."""
    kept = [parts[0]]
    for word, after in zip(parts[1::2], parts[2::2], strict=True):
        if word is not None:
            kept += [word, after]
        elif after and not after.isspace():
            if unicodedata.category(after[0]) not in ("Ps", "Pi"):
                _strip_end(kept)
            kept.append(after)
    return "".join(kept)


def _strip_end(strings: list) -> None:
    """Take blanks off the end of strings that stand one after the other."""
    while strings:
        strings[-1] = strings[-1].rstrip()
        if strings[-1]:
            return
        strings.pop()


def _closed_up(own: list, loose: dict[int, bool], start: int, end: int) -> str:
    """Join the pieces of a text, without the space that a deleted word leaves.

    An opening bracket is left before the next piece, a comma behind the one before.
    """
    kept: list[str] = []
    closed = True
    for k in range(start, end):
        if own[k] is None:
            continue
        # Where there are several spaces before, they stay as they are.
        if not closed and (loose.get(k) is not False or kept[-1] == ""):
            kept.append(" ")
        kept.append(own[k])
        closed = loose.get(k, False)
    return "".join(kept)


def pick(
    rows: np.ndarray, n_wanted: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Positions of some entries of each row, drawn without replacement.

    Parameters
    ----------
    rows : ndarray of int
        Row of each entry, ascending.
    n_wanted : ndarray of int
        How many entries to draw of each row; all, where it has fewer.
    rng : numpy.random.Generator

    Returns
    -------
    positions : ndarray of int
        By row, in random order within a row.
    """
    # Single precision, so that the sum is exact and stays below the next row.
    keys = rows + rng.random(len(rows), dtype=np.float32).astype(np.float64)
    order = np.argsort(keys)
    counts = np.bincount(rows, minlength=len(n_wanted))
    rank = np.arange(len(rows)) - (np.cumsum(counts) - counts)[rows]
    return order[rank < n_wanted[rows]]


def draw(
    sizes: np.ndarray, n_wanted: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw without replacement from as many ranges as there are rows.

    Where much of a range is wanted, all of it is shuffled. Elsewhere numbers are drawn
    and those that repeat an earlier one are drawn again, which treats all numbers
    alike and looks at no others than those drawn.

    Parameters
    ----------
    sizes : ndarray of int
        The numbers of a row are from 0 to its size, which is left out.
    n_wanted : ndarray of int
        How many to draw of each row, no more than there are.
    rng : numpy.random.Generator

    Returns
    -------
    rows, numbers : ndarray of int
        By row, in random order within a row.
    """
    shuffled = 2 * n_wanted > sizes
    counts = np.where(shuffled, sizes, 0)
    entries = np.repeat(np.arange(len(sizes)), counts)
    chosen = pick(entries, np.where(shuffled, n_wanted, 0), rng)
    rows = np.repeat(np.arange(len(sizes)), np.where(shuffled, 0, n_wanted))
    numbers = _redrawn(rows, sizes[rows], rng)
    if not len(chosen):
        return rows, numbers
    all_rows = np.concatenate([entries[chosen], rows])
    ranks = (np.arange(len(entries)) - (np.cumsum(counts) - counts)[entries])[chosen]
    order = np.argsort(all_rows, kind="stable")
    return all_rows[order], np.concatenate([ranks, numbers])[order]


def _redrawn(
    rows: np.ndarray, sizes: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Numbers below the sizes; no number of a row twice."""
    numbers = rng.integers(0, sizes)
    width = int(sizes.max(initial=0))
    while True:
        keys = rows * width + numbers
        order = np.argsort(keys, kind="stable")
        again = order[1:][keys[order][1:] == keys[order][:-1]]
        if not len(again):
            return numbers
        numbers[again] = rng.integers(0, sizes[again])
