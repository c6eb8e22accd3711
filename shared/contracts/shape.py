"""What shapes on the wire have in common."""

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """Frozen, and with no field but those declared. Its validator is made when it is first asked for: a function knows
    dozens of shapes, and most of what it does takes a few.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
