"""How failures are told: what an exception says may quote a person, so most are told by their kind and place alone."""

import traceback
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

_OURS = ("shared", "functions", "botocore")
"""Packages whose exceptions say ids and codes alone."""

_QUOTING = "ParamValidationError"
"""The one of botocore that says what it was given; by name, since nothing here imports botocore."""

_PLAIN = (ArithmeticError, MemoryError, OSError)

P = ParamSpec("P")
R = TypeVar("R")


class BrokenOffError(Exception):
    """Stands for an exception whose own words must not be logged: its kind, and where it was raised."""


class DiscreetFormatter(LambdaPowertoolsFormatter):
    """Log lines as Powertools writes them, with exceptions as `told` has them."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's own name
        return told(ei[1])


def discreet(handler: Callable[P, R]) -> Callable[P, R]:
    """A handler whose exceptions Lambda may log: it writes the words of whatever is raised."""

    @wraps(handler)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return handler(*args, **kwargs)
        except Exception as error:
            if _may_speak(error):
                raise
            raise BrokenOffError(told(error)) from None

    return inner


def told(error: BaseException) -> str:
    """An exception and what led to it, each with its frames."""
    return "\n".join(_one(one) for one in _chain(error))


def _one(error: BaseException) -> str:
    said = f": {error}" if _may_speak(error) else ""
    return "".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__ + said


def _chain(error: BaseException) -> Iterator[BaseException]:
    led_to = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if led_to is not None:
        yield from _chain(led_to)
    yield error


def _may_speak(error: BaseException) -> bool:
    kind = type(error)
    is_ours = kind.__module__.split(".")[0] in _OURS and kind.__name__ != _QUOTING
    return is_ours or isinstance(error, _PLAIN)
