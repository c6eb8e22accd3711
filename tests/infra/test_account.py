"""What preflight and destroy say to, and do in, an AWS account."""

import re
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from infra.destroy import delete_secrets, empty_bucket, main, what_stays
from infra.preflight import OLDEST_BOOTSTRAP, problems
from infra.settings import Settings
from tests.infra.conftest import Template

DEV = Settings(stage="dev")


class Account(boto3.Session):
    """A session whose clients answer only what the test says, in order."""

    def __init__(self) -> None:
        super().__init__(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1")
        self._clients = {name: super(Account, self).client(name) for name in ("sts", "ssm", "lambda", "kinesis")}
        self._stubs = {name: Stubber(client) for name, client in self._clients.items()}
        for stub in self._stubs.values():
            stub.activate()

    def client(self, name: str, *_: Any, **__: Any) -> Any:  # type: ignore[override]
        return self._clients[name]

    def answers(self, service: str, method: str, answer: dict[str, Any]) -> "Account":
        self._stubs[service].add_response(method, answer)
        return self

    def refuses(self, service: str, method: str, code: str) -> "Account":
        self._stubs[service].add_client_error(method, code)
        return self


def _account(concurrency: int = 1000, streams: int = 1) -> Account:
    account = Account().answers("sts", "get_caller_identity", {"Account": "123456789012"})
    account.answers("lambda", "get_account_settings", {"AccountLimit": {"ConcurrentExecutions": concurrency}})
    limits = {"ShardLimit": 1, "OpenShardCount": 0, "OnDemandStreamCount": streams, "OnDemandStreamCountLimit": 50}
    return account.answers("kinesis", "describe_limits", limits)


def _bootstrapped(account: Account, version: int = 30) -> Account:
    return account.answers("ssm", "get_parameter", {"Parameter": {"Value": str(version)}})


def test_an_account_that_is_ready_has_no_problems() -> None:
    assert problems(DEV, _bootstrapped(_account())) == []


def test_every_lack_is_named_with_its_remedy() -> None:
    account = _account(concurrency=10, streams=50)
    account.refuses("ssm", "get_parameter", "ParameterNotFound")
    account.refuses("kinesis", "describe_stream_summary", "ResourceNotFoundException")
    lines = problems(DEV, account)
    assert [
        word
        for line, word in zip(lines, ("bootstrapped", "invocations", "streams"), strict=True)
        if word not in line or "Remedy: " not in line
    ] == []


def test_an_old_bootstrap_is_named() -> None:
    (line,) = problems(DEV, _bootstrapped(_account(), version=OLDEST_BOOTSTRAP - 1))
    assert "cdk bootstrap" in line


def test_preflight_asks_for_the_bootstrap_that_the_stack_needs(production: Template) -> None:
    assert production.artifact["requiresBootstrapStackVersion"] == OLDEST_BOOTSTRAP


def test_a_full_account_is_no_problem_where_the_stream_is_ours_already() -> None:
    account = _bootstrapped(_account(streams=50)).answers(
        "kinesis",
        "describe_stream_summary",
        {
            "StreamDescriptionSummary": {
                "StreamName": "jogakbo-dev-events",
                "StreamARN": "arn:aws:kinesis:eu-west-1:123456789012:stream/s",
                "StreamStatus": "ACTIVE",
                "RetentionPeriodHours": 168,
                "StreamCreationTimestamp": 0,
                "EnhancedMonitoring": [],
                "OpenShardCount": 4,
            }
        },
    )
    assert problems(DEV, account) == []


def test_the_credentials_of_another_account_stop_everything() -> None:
    (line,) = problems(Settings(stage="dev", account="999999999999"), _account())
    assert "123456789012" in line
    assert "999999999999" in line


def test_expired_credentials_are_named_first() -> None:
    (line,) = problems(DEV, Account().refuses("sts", "get_caller_identity", "ExpiredToken"))
    assert "Remedy: aws sso login" in line


def test_a_refused_check_is_a_problem_and_not_a_pass() -> None:
    (line,) = problems(DEV, _account().refuses("ssm", "get_parameter", "AccessDeniedException"))
    assert "could not check bootstrap" in line


def without_a_region(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def test_the_remedy_for_a_missing_region_is_one_that_boto3_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    without_a_region(monkeypatch)
    (line,) = problems(DEV, boto3.Session())
    remedy = re.search(r"export (\w+)=(\S+)", line)
    assert remedy
    monkeypatch.setenv(*remedy.groups())
    assert boto3.Session().region_name == "ap-northeast-2"


def test_destroy_without_a_region_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    without_a_region(monkeypatch)
    monkeypatch.setattr("sys.argv", ["destroy", "--stage", "dev"])
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("something was run"))
    with pytest.raises(SystemExit, match="Remedy"):
        main()


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield boto3.Session(region_name="us-east-1")


def test_production_is_not_destroyed_but_what_would_stay_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["destroy", "--stage", "production"])
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("something was run"))
    with pytest.raises(SystemExit) as stopped:
        main()
    assert str(stopped.value).splitlines()[1:] == what_stays(Settings(stage="production"))


def test_destroy_deletes_the_secrets_of_its_stage_and_no_others(session: boto3.Session) -> None:
    secrets = session.client("secretsmanager")
    for name in ("jogakbo/dev/identifier-key", "jogakbo/dev/destinations/d1", "jogakbo/production/identifier-key"):
        secrets.create_secret(Name=name, SecretString="x")
    secrets.delete_secret(SecretId="jogakbo/dev/identifier-key")
    assert delete_secrets(session, "dev") == 2
    left = secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]
    assert [secret["Name"] for secret in left] == ["jogakbo/production/identifier-key"]


def test_destroy_empties_the_bucket_that_the_stack_names(session: boto3.Session) -> None:
    template = (
        """{"Resources": {"B": {"Type": "AWS::S3::Bucket"}}, "Outputs": {"LogBucketName": {"Value": {"Ref": "B"}}}}"""
    )
    session.client("cloudformation").create_stack(StackName="jogakbo-dev", TemplateBody=template)
    s3 = session.client("s3")
    (bucket,) = [found["Name"] for found in s3.list_buckets()["Buckets"]]
    for key in ("log/a", "quarantine/b"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    assert empty_bucket(session, "jogakbo-dev") == 2
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_destroying_what_is_not_there_is_fine(session: boto3.Session) -> None:
    assert empty_bucket(session, "jogakbo-dev") == 0
    assert delete_secrets(session, "dev") == 0
