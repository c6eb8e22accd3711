"""What send_callbacks needs from its environment: made once, on first use."""

import os
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from shared.aws.secrets import find_kept_secret
from shared.opendsr.calling import Caller
from shared.stores.opendsr_store import OpenDsrStore
from shared.stores.request_store import RequestStore

if TYPE_CHECKING:
    from shared.opendsr.signing import Signer

LOCAL = "local"


@cache
def caller() -> Caller:
    """Callbacks on this machine need both the flag and the local stage: no other stage can carry the exception."""
    env = os.environ
    table = env["PRIVACY_TABLE"]
    return Caller(
        store=OpenDsrStore(table),
        requests=RequestStore(table),
        signer=_signer,
        allow_loopback=env["STAGE"] == LOCAL and env.get("ALLOW_PRIVATE_WEBHOOKS") == "true",
    )


def certificate_flaws(now: datetime) -> list[str]:
    """Why controllers don't trust the certificate, or soon won't; nothing where OpenDSR isn't used."""
    text = find_kept_secret(os.environ["OPENDSR_SECRET"])
    if text is None:
        return []
    from shared.opendsr.signing import KeyUnusableError, flaws, signer  # see below

    try:
        return list(flaws(signer(text), now))
    except KeyUnusableError as error:
        return [str(error)]


def _signer() -> "Signer":
    from shared.opendsr.certificate import signer_of  # cryptography, which most invocations don't need

    return signer_of(os.environ["OPENDSR_SECRET"])
