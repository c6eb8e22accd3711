"""Gives the local cloud its first source, write key, API token and certificate, and keeps those it had."""

import json

from local import aws
from local.certificates import issue
from local.outputs import Outputs
from shared.aws.secrets import create_secret, find_secret_text
from shared.domain.opendsr import secret_name


def seed(outputs: Outputs, earlier: Outputs | None) -> Outputs:
    """`earlier` is what the same cloud was seeded with: only hashes of the keys are stored there."""
    with aws.speaking_to(outputs.aws_endpoint_url):
        _certificate(outputs.stage)
    if earlier and earlier.write_key:
        return outputs.with_seed(earlier.write_key, earlier.api_token, earlier.source_id)
    from cli.provision import provision

    with aws.speaking_to(outputs.aws_endpoint_url):
        made = provision(stage=outputs.stage)
    return outputs.with_seed(made["write_key"], made["api_token"], made["source_id"])


def _certificate(stage: str) -> None:
    """One of an authority that is made here, for OpenDSR on this machine."""
    if find_secret_text(secret_name(stage)) is None:
        made = issue("localhost")
        pair = {"certificate": made.certificate, "private_key": made.private_key}
        create_secret(secret_name(stage), json.dumps(pair))
