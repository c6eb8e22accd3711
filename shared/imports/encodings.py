"""Which encoding a file is in: said once for a whole file that isn't what its reader was told."""

import codecs
from collections.abc import Sequence

from shared.imports.rows import FileError

_TELLING = ("utf-8", "cp949", "shift_jis")
_FIT_NEARLY_ALL = ("gb18030", "cp1252")
_LIKELY = 0.8
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def check(encoding: str, head: Sequence[bytes]) -> None:
    """FileError where the encoding is unknown, or most of the first lines that tell aren't in it."""
    try:
        is_usable = "\n".encode(encoding) == b"\n"
    except (LookupError, ValueError) as error:  # an undefined one, a NUL in its name
        fix = "name one that Python knows, such as utf-8 or cp949."
        raise FileError("unknown_encoding", f"There is no encoding {encoding}.", fix) from error
    if not is_usable or (head and head[0].startswith(_UTF_16)):
        raise FileError("wrong_encoding", "The file is in UTF-16 or UTF-32.", "save it as UTF-8.")
    telling = {number: line for number, line in enumerate(head, 1) if not line.isascii()}
    others = [number for number, line in telling.items() if not _fits(line, encoding)]
    if 2 * len(others) > len(telling):
        proposed = _proposed(list(telling.values()))
        message = f"The file isn't in {encoding}, as its line {min(others)} shows."
        fix = f"--encoding {proposed}" if proposed else "save it as UTF-8."
        raise FileError("wrong_encoding", message, fix)


def _proposed(lines: Sequence[bytes]) -> str | None:
    """The encoding that they are in; or nearly all of them, as a few may have been pasted in from elsewhere."""
    share = {name: sum(_fits(line, name) for line in lines) / len(lines) for name in (*_TELLING, *_FIT_NEARLY_ALL)}
    whole = [name for name in _TELLING if share[name] == 1]
    likely = [name for name in _TELLING if share[name] >= _LIKELY]
    others = [name for name in _FIT_NEARLY_ALL if share[name] == 1]
    return next(iter((*whole, *likely, *others)), None)


def _fits(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
