"""The AWS settings of the local cloud, for the cdk CLI, the seed and the demo."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from shared.aws.clients import forget_clients

REGION = "us-east-1"
ACCOUNT = "000000000000"
STAGE = "local"
PARTNER_ACCOUNT = "222222222222"
PARTNER_BUS = f"arn:aws:events:{REGION}:{PARTNER_ACCOUNT}:event-bus/jogakbo"
"""What the local deployment may put on, once somebody deploys the partner kit in that account."""

FACTS_QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:facts"
FACTS_STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/facts"
"""The same, once somebody makes them."""


def settings(endpoint_url: str) -> dict[str, str]:
    """With `test`/`test` the emulator takes the caller for the account's root, with IAM enforcement, too."""
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint_url,
    }


def environment(endpoint_url: str) -> dict[str, str]:
    """This process's, with no AWS setting of its own left in it: a profile or a token would win over the endpoint."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return own | settings(endpoint_url)


@contextmanager
def speaking_to(endpoint_url: str) -> Iterator[None]:
    """Clients made inside reach the local cloud and nothing else."""
    before = dict(os.environ)
    wanted = environment(endpoint_url)
    os.environ.clear()
    os.environ.update(wanted)
    forget_clients()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        forget_clients()
