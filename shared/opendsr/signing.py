"""Signs what a controller is told, by the key of a certificate that a CA issued for our domain.

`cryptography` takes 60 ms to import: functions import this module where they first sign.
"""

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

LEAST_BITS = 2048


class KeyUnusableError(Exception):
    """The certificate or its key can't be used; the message says why, and nothing of the key."""


@dataclass(frozen=True, slots=True)
class Signer:
    """`domain` is the first DNS name of the certificate, `certificate` its PEM with the chain that came with it."""

    domain: str
    certificate: str
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    def sign(self, body: bytes) -> str:
        """Base64 of the signature of a body's SHA-256: PKCS #1 v1.5 of an RSA key, ECDSA of one on a curve."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return b64encode(self.key.sign(body, padding.PKCS1v15(), hashes.SHA256())).decode()
        return b64encode(self.key.sign(body, ec.ECDSA(hashes.SHA256()))).decode()


def signer(secret: str) -> Signer:
    """From the secret's JSON {certificate, private_key}, both PEM. Raises KeyUnusableError."""
    try:
        pair: dict[str, Any] = json.loads(secret)
        certificate, private_key = pair["certificate"], pair["private_key"]
        chain = x509.load_pem_x509_certificates(certificate.encode())
        key = serialization.load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise KeyUnusableError(
            "There is no PEM certificate with its PEM private key, or the key has a passphrase."
        ) from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise KeyUnusableError("The key is neither RSA nor on an elliptic curve.")
    if key.public_key() != chain[0].public_key():
        raise KeyUnusableError("The key isn't that of the first certificate.")
    names = _dns_names(chain[0])
    if not names:
        raise KeyUnusableError("The certificate is for no DNS name.")
    return Signer(names[0], certificate, key)


def flaws(known: Signer, now: datetime) -> Iterator[str]:
    """Why a controller would not trust a signer's certificate. Whether its root is trusted, only a controller knows."""
    leaf, *rest = x509.load_pem_x509_certificates(known.certificate.encode())
    if leaf.issuer == leaf.subject or _is_issued_by(leaf, leaf):
        yield "The certificate is self-signed; the specification asks for one of a certificate authority."
    if not leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc:
        yield "The certificate isn't valid at this time."
    elif leaf.not_valid_after_utc - now < timedelta(days=14):
        yield "The certificate expires within 14 days."
    if any(not _is_issued_by(one, issuer) for one, issuer in zip((leaf, *rest), rest, strict=False)):
        yield "The certificates are no chain: each must be issued by the one behind it."
    if isinstance(known.key, rsa.RSAPrivateKey) and known.key.key_size < LEAST_BITS:
        yield f"The RSA key is shorter than {LEAST_BITS} bits."


def _dns_names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.DNSName)


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
