"""Options as a text in an editor, with the reasons why it could not be written as marked lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs

from confstore import Values
from confstore._cli.formats.files import dumps, loads
from confstore._cli.formats.places import line_of, line_of_error
from confstore._cli.terminal.text import visible
from confstore.errors import InvalidDocumentError

__all__ = ["EditedText"]

# JSON has no comments, and no line of it begins so; the others have `#`.
_MARKS = {"json": "//"}
_MARK = "#:"


@attrs.frozen
class EditedText:
    """
    A text of options, and what stands above its lines.

    Attributes:
        format: `json`, `yaml` or `toml`.
        source: The name of the text in errors.
        title: Lines above the text.
        content: The text itself.
        mark: The beginning of lines that are not part of it.
        reasons: Lines, from 1, each with the reason that stands above it.
    """

    format: str
    source: str
    title: tuple[str, ...]
    content: str = attrs.field(repr=False)
    mark: str
    reasons: tuple[tuple[int, str], ...] = ()

    @classmethod
    def of(
        cls, options: Mapping[str, Values], format: str, source: str, title: Sequence[str]
    ) -> EditedText:
        """Make the text of options; an `InvalidValueError` if the format lacks a value."""
        content, mark = dumps(options, format), _MARKS.get(format, _MARK)
        # A line of a text within TOML begins at the first column, too.
        while any(line.startswith(mark) for line in content.split("\n")):
            mark += ":"
        return cls(format, source, tuple(title), content, mark)

    @property
    def is_empty(self) -> bool:
        """True if nothing is left of it."""
        return not self.content.strip()

    @property
    def shown(self) -> str:
        """The text for the editor, with all that stands above its lines."""
        lines = self.content.split("\n")
        for number, reason in sorted(self.reasons, reverse=True):
            lines.insert(number - 1, f"{self.mark} {visible(reason)}")
        return "\n".join([*(f"{self.mark} {visible(line)}" for line in self.title), *lines])

    def saved(self, text: str) -> EditedText:
        """The text as somebody has saved it, without the marked lines."""
        kept = [line for line in text.split("\n") if not self._is_marked(line)]
        return attrs.evolve(self, content="\n".join(kept), reasons=())

    def options(self) -> dict[str, Values]:
        """The options that it holds, in canonical form; an `InvalidDocumentError` for a fault."""
        return loads(self.content, self.format, source=self.source)

    def with_error(self, error: InvalidDocumentError) -> EditedText:
        """Put the reason for a fault above its line."""
        line = line_of_error(self.content, error)
        return attrs.evolve(self, reasons=((line, error.reason),))

    def with_reasons(self, reasons: Iterable[tuple[tuple[str | int, ...], str]]) -> EditedText:
        """Put reasons above the lines of paths: an option, a key, and parts of its value."""
        placed = ((line_of(self.content, self.format, path), reason) for path, reason in reasons)
        return attrs.evolve(self, reasons=tuple(placed))

    def _is_marked(self, line: str) -> bool:
        # An editor may indent JSON anew; in YAML and TOML such a line is a comment then.
        return (line.lstrip() if self.format in _MARKS else line).startswith(self.mark)
