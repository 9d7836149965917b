"""Text that a terminal shows and does not obey."""

from __future__ import annotations

__all__ = ["visible"]


def visible(text: str, *, keep: str = "") -> str:
    r"""
    The text with every character that prints nothing as its escape, such as `\x1b`.

    Names and values are somebody's: an escape sequence in one could rewrite the screen, and a line
    feed in one would make a second line of an error.

    Args:
        text: The text.
        keep: Characters to leave as they are.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character in keep else _escape(character)
        for character in text
    )


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()
