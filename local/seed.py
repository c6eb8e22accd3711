"""Gives the local cloud its first source, write key and API token, and keeps those it had."""

from local import aws
from local.outputs import Outputs


def seed(outputs: Outputs, earlier: Outputs | None) -> Outputs:
    """`earlier` is what the same cloud was seeded with: only hashes of the keys are stored there."""
    if earlier and earlier.write_key:
        return outputs.with_seed(earlier.write_key, earlier.api_token, earlier.source_id)
    from cli.provision import provision

    with aws.speaking_to(outputs.aws_endpoint_url):
        made = provision(stage=outputs.stage)
    return outputs.with_seed(made["write_key"], made["api_token"], made["source_id"])
