"""Error bodies of the HTTP APIs: problem+json (RFC 9457) that also carries the `code` and `message` SDKs look for."""

from http import HTTPStatus

from shared.contracts.shape import Shape

CONTENT_TYPE = "application/problem+json"


class Problem(Shape):
    """`code` never changes for one kind of problem; `message` says it in a sentence, `fix` what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    message: str
    field: str | None = None
    fix: str | None = None

    @classmethod
    def of(cls, status: int, code: str, message: str, *, field: str | None = None, fix: str | None = None) -> "Problem":
        title = HTTPStatus(status).phrase
        return cls(title=title, status=status, detail=message, code=code, message=message, field=field, fix=fix)

    def to_json(self) -> str:
        """Without the fields that are not set."""
        return self.model_dump_json(exclude_none=True)
