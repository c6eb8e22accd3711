"""The API as commands use it: what a token may be."""

import pytest

from cli.api import api_of
from cli.deployment import DeploymentError


def test_a_token_of_a_file_with_other_line_ends_is_the_same_token() -> None:
    assert api_of("http://127.0.0.1", " jgb_one\r\n", None).token == "jgb_one"


@pytest.mark.parametrize("token", ["jgb_one\njgb_two", "jgb_하나", "jgb\x00one"])
def test_what_cannot_be_a_token_is_refused_without_saying_it(token: str) -> None:
    with pytest.raises(DeploymentError) as refused:
        api_of("http://127.0.0.1", token, None)
    assert "jgb" not in str(refused.value)
