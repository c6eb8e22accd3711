"""Which encoding a file is in: said once for a whole file that isn't what its reader was told."""

import codecs
from collections.abc import Sequence

from shared.imports.rows import FileError

_PROPOSED = ("utf-8", "cp949", "shift_jis", "gb18030", "cp1252")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def check(encoding: str, head: Sequence[bytes]) -> None:
    """FileError where the encoding is unknown, or not one of the first lines that could be in it is."""
    try:
        is_usable = "\n".encode(encoding) == b"\n"
    except (LookupError, ValueError) as error:  # an undefined one, a NUL in its name
        fix = "name one that Python knows, such as utf-8 or cp949."
        raise FileError("unknown_encoding", f"There is no encoding {encoding}.", fix) from error
    if not is_usable or (head and head[0].startswith(_UTF_16)):
        raise FileError("wrong_encoding", "The file is in UTF-16 or UTF-32.", "save it as UTF-8.")
    telling = {number: line for number, line in enumerate(head, 1) if not line.isascii()}
    if telling and not any(_fits(line, encoding) for line in telling.values()):
        proposed = next((name for name in _PROPOSED if all(_fits(line, name) for line in telling.values())), None)
        message = f"The file isn't in {encoding}, as its line {min(telling)} shows."
        fix = f"--encoding {proposed}" if proposed else "save it as UTF-8."
        raise FileError("wrong_encoding", message, fix)


def _fits(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
