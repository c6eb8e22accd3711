"""Where a deployment's parts are: from the outputs of its stack, or from the file that the local cloud writes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from shared.stores.catalogue_store import CatalogueStore


class DeploymentError(Exception):
    """The deployment can't be found; the message says what to do."""


@dataclass(frozen=True)
class Deployment:
    stage: str
    collect_url: str
    api_url: str
    bus: str
    log_bucket: str
    catalogue_table: str
    events_table: str
    profiles_table: str
    ledger_table: str
    store_retries_url: str
    stitch_retries_url: str

    @cached_property
    def catalogue(self) -> CatalogueStore:
        return CatalogueStore(self.catalogue_table)


def stack_outputs(stage: str) -> dict[str, str]:
    """Outputs of the stack `jogakbo-<stage>` in the account and region of the AWS credentials."""
    try:
        stacks = boto3.client("cloudformation").describe_stacks(StackName=f"jogakbo-{stage}")["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise DeploymentError(
            f"There is no stack jogakbo-{stage} in this account and region. Remedy: make deploy STAGE={stage}"
        ) from error
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}


def of_stack(stage: str, outputs: Mapping[str, str]) -> Deployment:
    """From what `stack_outputs` gives."""
    try:
        return Deployment(
            stage=stage,
            collect_url=outputs["CollectUrl"],
            api_url=outputs["ReadUrl"],
            bus=outputs["BusName"],
            log_bucket=outputs["LogBucketName"],
            catalogue_table=outputs["CatalogueTable"],
            events_table=outputs["EventsTable"],
            profiles_table=outputs["ProfilesTable"],
            ledger_table=outputs["LedgerTable"],
            store_retries_url=outputs["StoreRetriesQueueUrl"],
            stitch_retries_url=outputs["StitchRetriesQueueUrl"],
        )
    except KeyError as error:
        raise DeploymentError(
            f"The stack jogakbo-{stage} has no output {error}. Remedy: deploy it again from this checkout."
        ) from error


def of_file(path: Path) -> Deployment:
    """From the local cloud's outputs.json."""
    try:
        content = json.loads(path.read_text())
        return Deployment(
            stage=content["stage"],
            collect_url=content["collect_url"],
            api_url=content["api_url"],
            bus=content["bus"],
            log_bucket=content["log_bucket"],
            catalogue_table=content["tables"]["catalogue"],
            events_table=content["tables"]["events"],
            profiles_table=content["tables"]["profiles"],
            ledger_table=content["tables"]["ledger"],
            store_retries_url=content["queues"]["store_retries"],
            stitch_retries_url=content["queues"]["stitch_retries"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DeploymentError(f"{path} isn't the file of a running local cloud. Remedy: make up") from error
