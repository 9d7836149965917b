"""
Numbers as every backend keeps them.

There is one kind of number, as in JSON: an integral number is an int, whichever type it came as. A
number becomes a Decimal only where a float would lose digits.

Source of the limits: AWS, "Supported data types and naming rules in Amazon DynamoDB": up to 38
significant digits, magnitudes from 1E-130 to 9.99...E+125.
"""

from __future__ import annotations

import math
import re
import sys
from decimal import Decimal

__all__ = ["Number", "canonical_number", "number_from_text", "number_to_text"]

Number = int | float | Decimal

MAX_DIGITS = 38
_INT_LIMIT = 10**MAX_DIGITS
_FLOAT_BELOW_LIMIT = 1e38
_FLOAT_DIGITS = sys.float_info.dig
_MIN_EXPONENT = -130
_MAX_EXPONENT = 125
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)


def canonical_number(number: int | float | Decimal) -> Number:
    """
    The number in the form in which every backend gives it back.

    Args:
        number: Any number but a bool, which is not one here.

    Raises:
        ValueError: The number cannot be kept; the text says why, and never shows the number.
    """
    if isinstance(number, int):
        if not -_INT_LIMIT < number < _INT_LIMIT:
            raise ValueError(f"an int has at most {MAX_DIGITS} digits")
        return int.__int__(number)
    if isinstance(number, float):
        return _canonical_float(float.__float__(number))
    return _canonical_decimal(number)


def _canonical_float(number: float) -> int | float:
    if not math.isfinite(number):
        raise ValueError("NaN and infinities are not numbers here; None can stand for no number")
    # Below the limit the exact digits; above it, a float is already its own shortest form.
    if number.is_integer() and abs(number) < _INT_LIMIT:
        return int(number)
    # 1e-130 itself is a float just below the limit when compared exactly, so its text decides.
    _check_magnitude(Decimal(repr(number)))
    return number


def _canonical_decimal(number: Decimal) -> Number:
    if not number.is_finite():
        raise ValueError("NaN and infinities are not numbers here; None can stand for no number")
    if not number:
        return 0
    _check_magnitude(number)
    sign, digits, exponent = number.as_tuple()
    stripped = len(digits)
    while digits[stripped - 1] == 0:
        stripped -= 1
    if stripped > MAX_DIGITS:
        raise ValueError(
            f"a number has at most {MAX_DIGITS} significant digits, this one {stripped}"
        )
    # Built from its parts, for arithmetic would round to the caller's decimal context.
    shortest = Decimal((sign, digits[:stripped], int(exponent) + len(digits) - stripped))
    if shortest.as_tuple().exponent >= 0 and shortest.adjusted() < MAX_DIGITS:  # type: ignore[operator]  # finite
        return int(shortest)
    nearest = float(shortest)
    # The float 1e38 is just below the limit, and so stands for an int that is not this number.
    is_float = Decimal(repr(nearest)) == shortest and abs(nearest) != _FLOAT_BELOW_LIMIT
    return nearest if is_float else shortest


def _check_magnitude(number: Decimal) -> None:
    if not _MIN_EXPONENT <= number.adjusted() <= _MAX_EXPONENT:
        raise ValueError("a number other than 0 is at least 1e-130 and below 1e126 in magnitude")


def number_from_text(text: str) -> Number:
    """
    The canonical number that a backend holds as text, in any legal form.

    Raises:
        ValueError: The text is not a number, or one that cannot be kept.
    """
    # Most numbers of a configuration are short integers, and not negative.
    if text.isdigit() and len(text) <= MAX_DIGITS and text.isascii():
        return int(text)
    if len(text) <= MAX_DIGITS and text.isascii() and text.removeprefix("-").isdigit():
        return int(text)
    if len(text) <= _FLOAT_DIGITS + 1 and text.isascii():
        # As many digits survive in a float, which is then the number: a tenth of Decimal's time.
        whole, _, fraction = text.removeprefix("-").partition(".")
        if whole.isdigit() and fraction.isdigit():
            nearest = float(text)
            return int(nearest) if nearest.is_integer() else nearest
    # Decimal itself would also take underscores, blanks, "NaN" and digits of other scripts.
    if not _NUMBER.fullmatch(text):
        raise ValueError("this is not a number")
    try:
        number = Decimal(text)
    except ArithmeticError:
        raise ValueError("this number's exponent is beyond every limit") from None
    return canonical_number(number)


def number_to_text(number: Number) -> str:
    """The text of a canonical number: every digit, and for a float the shortest that says it."""
    return repr(number) if isinstance(number, float) else str(number)
