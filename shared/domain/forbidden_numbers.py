"""What a resident registration number and a payment card number look like, and what looks like one and isn't."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Literal, NamedTuple

Kind = Literal["resident_number", "card_number"]
RESIDENT_NUMBER: Kind = "resident_number"
CARD_NUMBER: Kind = "card_number"

_BETWEEN = r" \-\u00a0\u00ad\u2000-\u200f\u2010-\u2015\u2212\u2500\u3000\u30fc\u3161\ufe58\ufe63\uff0d\ufeff"
"""Spaces, dashes in all their forms (Koreans also type ㅡ) and invisible characters."""

_GAP = rf"[{_BETWEEN}]{{1,3}}"

LOOKS_LIKE = re.compile(rf"\d(?=[\d{_BETWEEN}]{{12}})(?:(?:{_GAP})?\d){{12}}")  # looking ahead halves the time
"""Without a match in its strict JSON a value holds no forbidden number. `\\d` takes full-width digits too."""

_CANDIDATE = re.compile(
    rf"(?P<uuid>\b[0-9a-fA-F]{{8}}-(?:[0-9a-fA-F]{{4}}-){{3}}[0-9a-fA-F]{{12}}\b)"
    rf"|(?P<fraction>(?<!\d{{13}}\.)(?<=\d\.)\d+(?!\d|{_GAP}\d))"  # behind what may be masked itself it is none
    rf"|\d+(?:{_GAP}\d+)*"
)
_GROUP = re.compile(r"\d+")
_LONGEST_CODE = 64
_CODE_BEFORE = re.compile(r"[0-9A-Za-z]+\Z")
_CODE_AFTER = re.compile(rf"[0-9A-Za-z]{{1,{_LONGEST_CODE}}}")
_RESIDENT_DIGITS = 13
_CENTURIES = dict.fromkeys("90", 1800) | dict.fromkeys("1256", 1900) | dict.fromkeys("3478", 2000)
_FOREIGNERS = "5678"
_OF_THE_1800S = "90"
_OF_THE_2000S = "3478"
_MILLISECONDS = range(1_262_304_000_000, 2_208_988_800_000)
"""2010 to 2040."""
_CARDS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|(?:3[689]\d{2}|30[0-5]\d|3095)\d{10}(?:\d{2})?"  # Diners Club
    r"|(?:6[025]\d{2}|64[4-9]\d|81\d{2}|82\d{2}|508\d)\d{12,15}"  # Discover, UnionPay, RuPay
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"  # JCB
    r"|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{12,15}"  # Maestro
    r"|94\d{14}"  # cards for Korea alone
    r"|220[0-4]\d{12,15}"  # Mir
)
_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_LEAST, _MOST, _LEAST_IN_GROUP = 13, 19, 3


class Span(NamedTuple):
    kind: Kind
    start: int
    end: int


class _Group(NamedTuple):
    digits: str
    start: int
    end: int


def spans(text: str, is_identifier: bool = False, is_number: bool = False) -> Iterator[Span]:
    """Forbidden numbers in a text, from left to right, none inside another.

    In an identifier only resident registration numbers count, and digits in a row only with a right check digit.
    """
    for candidate in _CANDIDATE.finditer(text):
        if candidate.lastgroup is None:
            groups = [
                _Group("".join(str(int(digit)) for digit in part[0]), part.start(), part.end())
                for part in _GROUP.finditer(text, candidate.start(), candidate.end())
            ]
            yield from _in_groups(text, groups, is_identifier, is_number)


def _in_groups(text: str, groups: list[_Group], is_identifier: bool, is_number: bool) -> Iterator[Span]:
    place = 0
    while place < len(groups):
        taken, kind = _at(groups[place : place + _MOST], is_identifier, is_number)
        span = Span(kind, groups[place].start, groups[place + taken - 1].end) if kind else None
        if span and not _is_in_code(text, span):
            yield span
        place += taken


def _is_in_code(text: str, span: Span) -> bool:
    """Whether digits are part of a hash or another code: letters on both sides, or letters and other digits. Before
    a number without a gap a word may stand.
    """
    if span.kind == RESIDENT_NUMBER and span.end - span.start > _RESIDENT_DIGITS:
        return False
    before = _CODE_BEFORE.search(text[max(0, span.start - _LONGEST_CODE) : span.start])
    after = _CODE_AFTER.match(text, span.end)
    return bool(before and after) or any(found and _GROUP.search(found[0]) for found in (before, after))


def _at(groups: list[_Group], is_identifier: bool, is_number: bool) -> tuple[int, Kind | None]:
    """How many groups the number at the first of them takes, and its kind; one and None where there is no number."""
    first = groups[0].digits
    if len(groups) > 1 and len(first) == 6 and len(groups[1].digits) == 7 and _born(first + groups[1].digits):
        return 2, RESIDENT_NUMBER
    if len(first) == 13 and _is_resident_number(first, is_identifier, is_number):
        return 1, RESIDENT_NUMBER
    if is_identifier:
        return 1, None
    taken = _card(groups)
    return (taken, CARD_NUMBER) if taken else (1, None)


def _card(groups: list[_Group]) -> int:
    """How many groups a card number takes, the longest first; 0 where none starts here."""
    digits, longest = "", 0
    for count, group in enumerate(groups, 1):
        digits += group.digits
        if len(digits) > _MOST:
            break
        if len(digits) >= _LEAST and _is_card(digits):
            longest = count
        if len(group.digits) < _LEAST_IN_GROUP:  # only the last group of a card is that short
            break
    return longest


def _is_card(digits: str) -> bool:
    return _CARDS.fullmatch(digits) is not None and _luhn(digits) and not (len(digits) == 13 and _is_barcode(digits))


def _is_resident_number(digits: str, is_identifier: bool, is_number: bool) -> bool:
    """Of 13 digits in a row. A right check digit speaks for it; without one, a barcode or a time in milliseconds is
    what it is. Numbers given out since October 2020 have no check digit.
    """
    if digits[6] in _OF_THE_1800S or not _born(digits):
        return False
    checked = _has_check_digit(digits)
    if int(digits) in _MILLISECONDS:
        return checked and not (is_number or is_identifier) and digits[6] in _OF_THE_2000S
    return checked or not (is_identifier or _is_barcode(digits))


def _born(digits: str) -> bool:
    """Whether the first six digits are a day of the century that the seventh says."""
    try:
        date(_CENTURIES[digits[6]] + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return False
    return True


def _has_check_digit(digits: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    shift = 13 if digits[6] in _FOREIGNERS else 11
    return int(digits[12]) == (shift - total % 11) % 10


def _is_barcode(digits: str) -> bool:
    """Of EAN-13, by its check digit."""
    return sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits)) % 10 == 0


def _luhn(digits: str) -> bool:
    doubled = sum(sum(divmod(int(digit) * 2, 10)) for digit in digits[-2::-2])
    return (doubled + sum(int(digit) for digit in digits[-1::-2])) % 10 == 0
