"""Problems that end a request, and how they go out."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from shared.contracts.problems import CONTENT_TYPE, Problem


class ProblemError(Exception):
    """Ends the request with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def response(problem: Problem) -> Response[str]:
    return Response(
        status_code=problem.status, content_type=CONTENT_TYPE, body=problem.to_json(), headers=_headers(problem)
    )


def raw_response(problem: Problem) -> dict[str, Any]:
    """The same as API Gateway takes it, for what ends before or beside the router."""
    headers = {"Content-Type": CONTENT_TYPE, **_headers(problem)}
    return {"statusCode": problem.status, "headers": headers, "body": problem.to_json(), "isBase64Encoded": False}


def _headers(problem: Problem) -> dict[str, str]:
    return {"WWW-Authenticate": "Bearer"} if problem.status == 401 else {}
