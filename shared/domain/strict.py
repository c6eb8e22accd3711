"""Yes or no and whole numbers that people write: text that looks like one is refused rather than guessed at."""

from typing import Annotated

from pydantic import Strict

Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict()]
