"""Numbers: one form for each, whatever type it comes as."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, localcontext
from typing import Any

import pytest
from hypothesis import given, strategies as st

from confstore.adapter import canonical_values, is_same
from confstore.documents import number_from_text, number_to_text
from confstore.errors import InvalidValueError

any_number = st.one_of(
    *(st.integers(-9, 9), st.integers(1 - 10**38, 10**38 - 1)),
    *(st.floats(-9.0, 9.0, width=16), st.floats(1e-130, 1e125), st.floats(-1e125, -1e-130)),
    st.builds(
        lambda digits, exponent: Decimal(f"{digits}E{exponent}"),
        st.integers(1 - 10**38, 10**38 - 1),
        st.integers(-130, 88),
    ),
)
"""Numbers within the limits, as int, float or Decimal; not always in canonical form."""


def canonical(number: Any) -> Any:
    return canonical_values("option", {"number": number})["number"]


@pytest.mark.parametrize(
    ("number", "form"),
    [
        (1.0, 1),
        (-0.0, 0),
        (Decimal("-0.00"), 0),
        (Decimal("1.00"), 1),
        (Decimal("1E+3"), 1000),
        (1e23, int(1e23)),
        (9.9e37, int(9.9e37)),
        (1e38, int(1e38)),
        (Decimal("1E+39"), 1e39),
        (1e40, 1e40),
        (Decimal("1E+38"), Decimal("1E+38")),
        (Decimal("-1E+38"), Decimal("-1E+38")),
        (Decimal("1E+37"), 10**37),
        (0.1, 0.1),
        (Decimal("0.1"), 0.1),
        (Decimal("0.10"), 0.1),
        (Decimal("1E-130"), 1e-130),
        (1e-130, 1e-130),
        (10**38 - 1, 10**38 - 1),
        (1 - 10**38, 1 - 10**38),
        (Decimal("0.12345678901234567890"), Decimal("0.1234567890123456789")),
        (Decimal("9.31322574615478515625E-10"), Decimal("9.31322574615478515625E-10")),
    ],
    ids=repr,
)
def test_number_has_one_form(number: Any, form: Any) -> None:
    """An int if it is integral and below 10**38, else a float if that loses nothing."""
    assert is_same(canonical(number), form)
    assert is_same(canonical(form), form)


def test_decimal_loses_what_says_nothing() -> None:
    """Zeros at the end are no digits."""
    assert str(canonical(Decimal("0.12345678901234567890"))) == "0.1234567890123456789"


@pytest.mark.parametrize(
    "number",
    [Decimal(f"0.{'1' * 38}"), Decimal(f"{'1' * 38}E+80"), Decimal(f"{'1' * 38}E-150")],
    ids=str,
)
def test_most_digits_are_kept(number: Decimal) -> None:
    """Thirty-eight digits are all kept."""
    assert canonical(number) == number


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (10**38, "38 digits"),
        (-(10**38), "38 digits"),
        (Decimal("1" * 39), "this one 39"),
        (Decimal(f"0.{'1' * 39}"), "this one 39"),
        (1e126, "below 1e126"),
        (Decimal("1E+126"), "below 1e126"),
        (9.99e-131, "at least 1e-130"),
        (Decimal("9.99E-131"), "at least 1e-130"),
        (5e-324, "at least 1e-130"),
        (float("nan"), "NaN"),
        (Decimal("sNaN"), "NaN"),
        (float("inf"), "infinities"),
        (Decimal("-Infinity"), "infinities"),
    ],
    ids=repr,
)
def test_number_that_cannot_be_kept_is_refused(number: Any, reason: str) -> None:
    """The error gives the limit, and not the number."""
    with pytest.raises(InvalidValueError, match=reason):
        canonical(number)


def test_subclass_of_a_number_becomes_a_number() -> None:
    """A member of an IntEnum, or numpy's float, is kept as what it extends."""
    kinds = [type("Kind", (base,), {}) for base in (int, float, Decimal)]
    forms = [canonical(kind("2.5") if kind.__base__ is not int else kind(2)) for kind in kinds]
    assert [type(form) for form in forms] == [int, float, float]


@given(number=any_number)
def test_form_of_a_form_is_itself(number: Any) -> None:
    """What is canonical stays as it is."""
    assert is_same(canonical(canonical(number)), canonical(number))


@given(number=st.one_of(st.integers(1 - 10**38, 10**38 - 1), st.floats(-1e125, -1e-130)))
def test_what_is_read_equals_what_was_written(number: float) -> None:
    """No int and no float loses anything."""
    assert canonical(number) == number


@given(number=any_number)
def test_text_of_a_number_is_read_back(number: Any) -> None:
    """A backend that holds numbers as text gives them back, in type, too."""
    form = canonical(number)
    assert is_same(number_from_text(number_to_text(form)), form)


@given(text=st.from_regex(r"-?[0-9]{1,10}\.[0-9]{1,10}", fullmatch=True))
def test_short_text_is_the_same_number_by_every_way(text: str) -> None:
    """What is read as a float at once is what the digits themselves would become."""
    assert is_same(number_from_text(text), canonical(Decimal(text)))


@given(number=any_number)
def test_decimal_context_of_the_caller_is_of_no_effect(number: Any) -> None:
    """A program that computes with three digits still stores thirty-eight."""
    form = canonical(number)
    with localcontext(Context(prec=3, traps=[Inexact])):
        assert is_same(canonical(number), form)
        assert is_same(number_from_text(number_to_text(form)), form)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-0", 0),
        ("-12", -12),
        ("+5", 5),
        ("007", 7),
        ("1.0", 1),
        (".5", 0.5),
        ("5.", 5),
        ("1e5", 100_000),
        ("1E-5", 1e-5),
        ("1.50", 1.5),
        ("-0.0", 0),
        ("-2.50", -2.5),
        ("0.00000000000001", 1e-14),
        ("99999999999999.9", 99999999999999.9),
        ("999999999999999.9", 999999999999999.9),
        ("0" * 60 + "1", 1),
        ("9" * 38, 10**38 - 1),
    ],
)
def test_legal_text_is_a_number(text: str, number: Any) -> None:
    """Every form that a backend may give is read as one."""
    assert is_same(number_from_text(text), number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        ".",
        " 1",
        "1 ",
        "1_0",
        "0x1",
        "NaN",
        "Infinity",
        "1e",
        "--1",
        "\u0661",
        "1,5",
        "\u00b2",
    ],
)
def test_other_text_is_no_number(text: str) -> None:
    """What Decimal or int would also take is refused."""
    with pytest.raises(ValueError, match="not a number"):
        number_from_text(text)


def test_absurd_exponent_is_refused() -> None:
    """An exponent that no Decimal can have is no crash."""
    with pytest.raises(ValueError, match="exponent"):
        number_from_text("1E" + "9" * 30)


def test_number_beyond_the_limits_is_refused() -> None:
    """A backend that holds more than the domain, such as a file, is told so."""
    with pytest.raises(ValueError, match="38 significant digits"):
        number_from_text("1" * 39)
