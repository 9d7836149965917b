"""Asks keys and references for what the operator allowed, and turns what they raise into faults."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import attrs

from confstore._secrets.plaintexts import Revealed, part_of, value_of
from confstore._secrets.protocols import Fetched, Keys, Place, References, SecretFault
from confstore._values.secret import PREFIX, kind_of

__all__ = ["Services", "seal"]

_Answer = Revealed | SecretFault


@attrs.frozen(eq=False)
class _Follower:
    """Who follows the references of a kind whose names fit a pattern."""

    kind: str
    names: re.Pattern[str]
    reader: References

    @classmethod
    def of(cls, pattern: str, reader: References) -> _Follower:
        if kind_of(PREFIX + pattern) is None:
            raise ValueError("a pattern of references is KIND:NAMES, as in asm:prod/*")
        names = "[^/]*".join(map(re.escape, pattern.split("*")))
        return cls(pattern.partition(":")[0], re.compile(names, re.DOTALL), reader)


class Services:
    """
    The keys of a store, and who follows its references.

    Attributes:
        keys: Seals and opens; None does neither.
    """

    def __init__(self, keys: Keys | None, references: Mapping[str, References]) -> None:
        """
        Take keys, and readers by the patterns of the names that they may be asked for.

        Raises:
            ValueError: A pattern has another form than `KIND:NAMES`.
        """
        self.keys = keys
        self._followers = [_Follower.of(*one) for one in references.items()]

    def is_reference(self, text: str) -> bool:
        """True for a text of a kind that may be followed, if its name is allowed."""
        return kind_of(text) in {follower.kind for follower in self._followers}

    def reveal(self, texts: Sequence[tuple[str, Place]]) -> list[_Answer]:
        """Open texts, in their order: the sealed ones at once, and the references at once."""
        sealed: list[int] = []
        referred: list[int] = []
        answers: dict[int, _Answer] = {}
        for index, (text, _) in enumerate(texts):
            kind = kind_of(text)
            if self.keys is not None and kind == self.keys.kind:
                sealed.append(index)
            elif self.is_reference(text):
                referred.append(index)
            else:
                answers[index] = SecretFault(_unasked(kind))
        if self.keys is not None and sealed:
            found = _opened(self.keys, [texts[index] for index in sealed])
            answers |= zip(sealed, found, strict=True)
        if referred:
            found = self._fetched([texts[index][0] for index in referred])
            answers |= zip(referred, found, strict=True)
        return [answers[index] for index in range(len(texts))]

    def _fetched(self, texts: list[str]) -> list[_Answer]:
        """Each name is fetched once, together with the others of its reader."""
        asked = [self._asked(text) for text in texts]
        readers: dict[int, tuple[References, dict[str, None]]] = {}
        for one in asked:
            if not isinstance(one, SecretFault):
                reader, name, _ = one
                readers.setdefault(id(reader), (reader, {}))[1][name] = None
        found = {
            (identity, name): answer
            for identity, (reader, names) in readers.items()
            for name, answer in _fetch(reader, list(names)).items()
        }
        return [
            one if isinstance(one, SecretFault) else part_of(found[id(one[0]), one[1]], one[2])
            for one in asked
        ]

    def _asked(self, text: str) -> tuple[References, str, str] | SecretFault:
        """Who fetches a reference, the name, and the key of its JSON; a fault if none may."""
        name, _, key = text.removeprefix(PREFIX).partition("#")
        for follower in self._followers:
            if follower.names.fullmatch(name):
                return follower.reader, name.partition(":")[2], key
        return SecretFault(f"references= does not allow {name!r}: add it there, if it may be read")


def seal(keys: Keys, plaintext: bytes, place: Place) -> str | SecretFault:
    """The text of a secret."""
    try:
        answer = keys.seal(plaintext, place)
    except Exception as error:
        return _raised(keys, error)
    return answer if isinstance(answer, SecretFault) else f"{PREFIX}{keys.kind}:{answer}"


def _opened(keys: Keys, texts: list[tuple[str, Place]]) -> list[_Answer]:
    asked = [(text.partition(":")[2], place) for text, place in texts]
    try:
        answers = list(keys.open_many(asked))
        return [value_of(answer) for answer, _ in zip(answers, asked, strict=True)]
    except Exception as error:
        return [_raised(keys, error)] * len(texts)


def _fetch(reader: References, names: list[str]) -> dict[str, Fetched | SecretFault]:
    try:
        answers = list(reader.fetch_many(names))
        return dict(zip(names, answers, strict=True))
    except Exception as error:
        return dict.fromkeys(names, _raised(reader, error))


def _raised(service: object, error: Exception) -> SecretFault:
    # Only its type: the text of a foreign error may quote a plaintext.
    return SecretFault(f"{type(service).__name__} raised {type(error).__name__}", is_lasting=False)


def _unasked(kind: str | None) -> str:
    if kind is None:
        return "its text is not secret+KIND:TEXT: set it again"
    if kind in {"asm", "ssm"}:
        return f"references= does not allow {kind!r}: add it there, if it may be read"
    return f"it was sealed by keys of the kind {kind!r}: open the store with secrets={kind}:..."
