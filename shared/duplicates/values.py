"""Values as they are compared: without case, accents and punctuation, 한글 by its letters, phones normalised."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from shared.domain.identifiers import is_blocked, normalise
from shared.duplicates.levels import Kind

MOST_LETTERS = 200
_SYLLABLE = "HANGUL SYLLABLE "
_NUMBERS = re.compile(r"(\d{4})(?:\D{1,3}(\d{1,2})\D{1,3}(\d{1,2})|(\d{2})(\d{2}))(?!\d)")
_FIRST_YEAR = 1850
_ONE_WORD = re.compile(r"[가-힣]{2,5}|[\u4e00-\u9fff]{2,4}")
_CJK = re.compile(r"[가-힣\u4e00-\u9fff]")
_TWO_SYLLABLES = frozenset("남궁 황보 제갈 사공 선우 서문 독고 동방".split())


def comparable(kind: Kind, value: object) -> str | None:
    """A value in the one form in which it is compared, or None where it says nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if kind in ("email", "phone"):
        identifier = normalise(kind, value)
        return identifier.value if identifier else None
    text = unicodedata.normalize("NFKC", str(value)).strip()
    if not text or (kind != "code" and is_blocked(text)):
        return None
    if kind == "date":
        return date_digits(text)
    if kind == "code":
        return "".join(c for c in text.casefold() if c.isalnum())[:MOST_LETTERS] or None
    return letters(text) or None


def letters(text: str) -> str:
    """Lower-case letters and digits. A Hangul syllable becomes its letters (김민수: `gim min su`): DuckDB compares
    bytes, and two syllables that differ in one letter would be wholly different ones.
    """
    spelt = "".join(map(_spelt, unicodedata.normalize("NFKC", text[:MOST_LETTERS])))
    bare = "".join(c for c in unicodedata.normalize("NFKD", spelt.casefold()) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in bare if c not in "'’").split())


def _spelt(character: str) -> str:
    name = unicodedata.name(character, "")
    return f" {name.removeprefix(_SYLLABLE)} " if name.startswith(_SYLLABLE) else character


def date_digits(text: str) -> str | None:
    """`19900131` of 1990-01-31, 1990.1.31, 19900131 or 1990년 1월 31일; of other orders one can't be sure."""
    found = _NUMBERS.match(text)
    if not found or int(found[1]) < _FIRST_YEAR:
        return None
    return found[1] + (found[2] or found[4]).zfill(2) + (found[3] or found[5]).zfill(2)


def name_parts(name: str) -> tuple[str, str]:
    """(given name, surname) of a whole name; either may be empty. 김민수 begins with it, Mina Kim ends with it."""
    words = unicodedata.normalize("NFKC", name).split()
    if len(words) == 1 and _ONE_WORD.fullmatch(words[0]):
        length = 2 if words[0][:2] in _TWO_SYLLABLES and len(words[0]) > 2 else 1
        return words[0][length:], words[0][:length]
    if len(words) > 1 and _CJK.match(words[0]):
        return "".join(words[1:]), words[0]
    return (" ".join(words[:-1]), words[-1]) if len(words) > 1 else (name.strip(), "")


def found_at(content: Mapping[str, Any], paths: Iterable[str]) -> list[object]:
    """The values at these dotted paths, of lists each; what isn't there is left out."""
    values: list[object] = []
    for path in paths:
        value: Any = content.get(path)
        if value is None:
            value = content
            for step in path.split("."):
                value = value.get(step) if isinstance(value, Mapping) else None
        values += value if isinstance(value, list | tuple) else [value]
    return [value for value in values if value is not None]
