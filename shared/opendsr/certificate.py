"""The signer of a deployment, from its secret."""

from functools import lru_cache

from shared.aws.secrets import find_kept_secret
from shared.opendsr.signing import KeyUnusableError, Signer, signer

_kept = lru_cache(maxsize=1)(signer)
"""By the text of the secret: a new certificate is used within five minutes."""


def signer_of(secret_name: str) -> Signer:
    """Raises KeyUnusableError where there is no certificate, or one that can't be used."""
    text = find_kept_secret(secret_name)
    if text is None:
        raise KeyUnusableError("This deployment has no certificate for OpenDSR: `jogakbo opendsr certificate`.")
    return _kept(text)
