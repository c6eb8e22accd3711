"""Yes or no and whole numbers that people write: text that looks like one is refused rather than guessed at."""

from collections.abc import Callable
from typing import Annotated, Any


class _Strictly:
    """What pydantic's own Strict does: who collects events starts without pydantic."""

    def __get_pydantic_core_schema__(self, source: Any, schema_of: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        return {**schema_of(source), "strict": True}


Flag = Annotated[bool, _Strictly()]
Whole = Annotated[int, _Strictly()]
