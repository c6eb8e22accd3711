"""When a function speaks to AWS by its own small client, and where AWS lies: there where botocore would look for it."""

import pytest
from botocore.session import Session, get_session

from shared.aws import clients
from shared.aws.lean import SERVICES, LeanClient
from shared.aws.lean_s3 import LeanS3
from shared.aws.role import BOTOCORES

LAMBDA = {
    "AWS_LAMBDA_FUNCTION_NAME": "f",
    "AWS_ACCESS_KEY_ID": "a",
    "AWS_SECRET_ACCESS_KEY": "s",
    "AWS_DEFAULT_REGION": "eu-west-1",
}


@pytest.fixture(autouse=True)
def in_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", *BOTOCORES):
        monkeypatch.delenv(name, raising=False)
    for name, value in LAMBDA.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(clients, "_made", lambda service: f"botocore's {service}")
    monkeypatch.setattr(clients, "_client", clients._client.__wrapped__)


def test_a_function_asks_by_its_own_client() -> None:
    assert all(isinstance(clients._client(service), LeanClient) for service in SERVICES)
    assert isinstance(clients._client("s3"), LeanS3)
    assert clients._client("glue") == "botocore's glue"


@pytest.mark.parametrize("missing", ["AWS_LAMBDA_FUNCTION_NAME", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION"])
def test_where_lambda_does_not_say_all_botocore_finds_it(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among others credentials of a container or a profile, which are renewed while a process lives."""
    monkeypatch.delenv(missing)
    assert {clients._client(service) for service in SERVICES} == {f"botocore's {service}" for service in SERVICES}


@pytest.mark.parametrize("more", BOTOCORES)
def test_what_only_botocore_heeds_is_left_to_it(more: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(more, "true")
    assert clients._client("dynamodb") == "botocore's dynamodb"


@pytest.fixture(scope="module")
def session() -> Session:
    found = get_session()
    found.set_credentials("a", "s")
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_a_region_has_the_host_that_botocore_calls_or_is_left_to_it(
    service: str, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {part: session.get_available_regions(service, part) for part in session.get_available_partitions()}
    for part, regions in known.items():
        for region in regions:
            monkeypatch.setenv("AWS_DEFAULT_REGION", region)
            assert isinstance(clients._client(service), LeanClient) == (part in ("aws", "aws-cn", "aws-us-gov"))
    for region in ("us-east-1", "ap-northeast-2", "us-gov-west-1", "cn-north-1"):
        monkeypatch.setenv("AWS_DEFAULT_REGION", region)
        ours, theirs = clients._client(service), session.create_client(service, region)  # type: ignore[call-overload]
        assert f"https://{ours._host.name}" == theirs.meta.endpoint_url


def test_the_endpoint_of_a_service_goes_before_that_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://all:1")
    for service, spoken in SERVICES.items():
        assert clients._client(service)._host.name == "all:1"
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{spoken.known_as}", "http://one:2")
        assert clients._client(service)._host.name == "one:2"


def test_a_bucket_is_a_name_or_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    def place(bucket: str) -> tuple[str, str]:
        host, path = clients._client("s3")._place(bucket, "a b/차")
        return host.name, path

    assert place("log") == ("log.s3.eu-west-1.amazonaws.com", "/a%20b/%EC%B0%A8")
    assert place("my.log") == ("s3.eu-west-1.amazonaws.com", "/my.log/a%20b/%EC%B0%A8")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://one:2")
    assert place("log") == ("one:2", "/log/a%20b/%EC%B0%A8")
