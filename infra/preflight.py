"""`python -m infra.preflight --stage S`: what the AWS account still lacks, one line each with the remedy."""

import argparse
import sys
from collections.abc import Callable

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.settings import Settings, SettingsError

OLDEST_BOOTSTRAP = 6
_DEFAULT_QUALIFIER = "hnb659fds"
_CONCURRENCY = 100
Check = Callable[[Settings, boto3.Session], str | None]


def problems(settings: Settings, session: boto3.Session) -> list[str]:
    """Lines for a person. Without a region or credentials the other checks can't be asked."""
    region = session.region_name
    if region is None:
        return ["no region. Remedy: -c region=… in cdk.json, or export AWS_DEFAULT_REGION=ap-northeast-2"]
    try:
        account = session.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        return [f"no usable credentials ({error}). Remedy: aws sso login, or export AWS_PROFILE=…"]
    if settings.account and settings.account != account:
        return [
            f"the credentials are of account {account}, cdk.json says {settings.account}. Remedy: change AWS_PROFILE"
        ]
    return [line for check in (_bootstrap, _concurrency, _streams) if (line := _asked(check, settings, session))]


def _asked(check: Check, settings: Settings, session: boto3.Session) -> str | None:
    try:
        return check(settings, session)
    except (BotoCoreError, ClientError) as error:
        return f"could not check {check.__name__.strip('_')} ({error}). Remedy: allow the read, or check by hand"


def _bootstrap(settings: Settings, session: boto3.Session) -> str | None:
    qualifier = settings.bootstrap_qualifier or _DEFAULT_QUALIFIER
    option = f" --qualifier {qualifier}" if settings.bootstrap_qualifier else ""
    remedy = f"Remedy: node_modules/.bin/cdk bootstrap{option}"
    ssm = session.client("ssm")
    try:
        version = int(ssm.get_parameter(Name=f"/cdk-bootstrap/{qualifier}/version")["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        return f"{session.region_name} is not bootstrapped for CDK. {remedy}"
    return None if version >= OLDEST_BOOTSTRAP else f"the CDK bootstrap is of version {version}. {remedy}"


def _concurrency(settings: Settings, session: boto3.Session) -> str | None:
    limit = session.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    if limit >= _CONCURRENCY:
        return None
    return (
        f"only {limit} Lambda invocations may run at once, {_CONCURRENCY} are advised. "
        "Remedy: Service Quotas, Lambda, Concurrent executions (L-B99A9384)"
    )


def _streams(settings: Settings, session: boto3.Session) -> str | None:
    kinesis = session.client("kinesis")
    limits = kinesis.describe_limits()
    if limits["OnDemandStreamCount"] < limits["OnDemandStreamCountLimit"]:
        return None
    try:
        kinesis.describe_stream_summary(StreamName=f"{settings.prefix}-events")
    except kinesis.exceptions.ResourceNotFoundException:
        return (
            f"all {limits['OnDemandStreamCountLimit']} on-demand Kinesis streams are in use. "
            "Remedy: ask AWS Support for one more, or delete one"
        )
    return None


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.preflight", description=__doc__)
    parser.add_argument("--stage", required=True)
    try:
        settings = Settings.of_stage(parser.parse_args().stage)
    except SettingsError as error:
        sys.exit(f"jogakbo: {error}")
    found = problems(settings, boto3.Session(region_name=settings.region or None))
    if found:
        sys.exit("\n".join(f"preflight: {line}" for line in found))
    sys.stdout.write("preflight: credentials, region, bootstrap and quotas are fine\n")


if __name__ == "__main__":
    main()
