"""`python -m infra.destroy --stage S`: removes a stage and its data; for production it only says what would stay."""

import argparse
import subprocess
import sys
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.settings import Settings, SettingsError
from shared.stores.tables import TABLES

_CDK = "node_modules/.bin/cdk"
_SECRETS = ("identifier-key", "suppression-keys", "receipt-key", "destinations/*", "sources/*")


def what_stays(settings: Settings) -> list[str]:
    """Everything of production that outlives its stack."""
    return [
        *(f"table {settings.prefix}-{table.name} (also protected against deletion)" for table in TABLES),
        f"stream {settings.prefix}-events",
        "the log bucket (output LogBucketName)",
        *(f"secret jogakbo/{settings.stage}/{name}" for name in _SECRETS),
        *(
            f"the KMS key of {table.own_key} (1 USD a month; what it encrypted is lost with it)"
            for table in TABLES
            if table.own_key
        ),
        f"the queues {settings.prefix}-* with their dead letters",
    ]


def empty_bucket(session: boto3.Session, stack_name: str) -> int:
    """Delete the objects of the stack's log bucket, which CloudFormation would refuse to; how many there were."""
    try:
        stack: Any = session.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # CloudFormation's word for: no such stack
            return 0
        raise
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    if "LogBucketName" not in outputs:
        return 0
    bucket = session.resource("s3").Bucket(outputs["LogBucketName"])
    return sum(len(answer.get("Deleted", [])) for answer in bucket.objects.delete())


def delete_secrets(session: boto3.Session, stage: str) -> int:
    """Delete the stage's secrets at once: a deleted name stays taken for days otherwise. How many there were."""
    client = session.client("secretsmanager")
    pages = client.get_paginator("list_secrets").paginate(
        Filters=[{"Key": "name", "Values": [f"jogakbo/{stage}/"]}], IncludePlannedDeletion=True
    )
    found = [secret["ARN"] for page in pages for secret in page["SecretList"]]
    for arn in found:
        client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    return len(found)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.destroy", description=__doc__)
    parser.add_argument("--stage", required=True)
    stage = parser.parse_args().stage
    if stage == "production":
        stays = what_stays(Settings(stage))
        sys.exit("\n".join(["production is not destroyed from here. These would stay:", *stays]))
    try:
        settings = Settings.of_stage(stage)
    except SettingsError as error:
        sys.exit(f"jogakbo: {error}")
    session = boto3.Session(region_name=settings.region or None)
    try:
        objects = empty_bucket(session, settings.prefix)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"jogakbo: {error} Remedy: aws sso login, or export AWS_PROFILE=… and AWS_DEFAULT_REGION=…")
    done = subprocess.run([_CDK, "destroy", "--force", "-c", f"stage={settings.stage}"], check=False)
    if done.returncode:
        sys.exit("jogakbo: cdk destroy failed. Remedy: read its message above, then run this again")
    secrets = delete_secrets(session, settings.stage)
    sys.stdout.write(f"{settings.prefix} is gone, with {objects} objects and {secrets} secrets\n")


if __name__ == "__main__":
    main()
