"""Signatures that a controller checks with nothing but the certificate, and certificates that it would not trust."""

import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from local.certificates import Issued, Key, issue
from shared.contracts.opendsr import Receipt
from shared.opendsr.signing import KeyUnusableError, Signer, flaws, signer
from shared.opendsr.telling import signed_headers, with_signature

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
DOMAIN = "privacy.example.com"
CURVE = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SHORT = rsa.generate_private_key(public_exponent=65537, key_size=1024)


def made(issued: Issued, **changes: str) -> Signer:
    pair = {"certificate": issued.certificate, "private_key": issued.private_key}
    return signer(json.dumps(pair | changes))


def verify(certificate: str, body: bytes, signature: str) -> None:
    """As any controller would. Raises InvalidSignature."""
    key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(b64decode(signature), body, padding.PKCS1v15(), hashes.SHA256())
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(b64decode(signature), body, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("key", [CURVE, RSA], ids=["EC", "RSA"])
def test_a_signature_holds_for_these_bytes_alone(key: Key) -> None:
    issued = issue(DOMAIN, key, NOW)
    headers = signed_headers(b'{"a": 1}', made(issued))
    assert headers["X-OpenDSR-Processor-Domain"] == headers["X-OpenGDPR-Processor-Domain"] == DOMAIN
    for name in ("X-OpenDSR-Signature", "X-OpenGDPR-Signature"):
        verify(issued.certificate, b'{"a": 1}', headers[name])
        with pytest.raises(InvalidSignature):
            verify(issued.certificate, b'{"a":1}', headers[name])


def test_the_signature_in_a_body_is_of_the_same_bytes_without_it() -> None:
    issued = issue(DOMAIN, CURVE, NOW)
    receipt = Receipt(
        controller_id="c",
        expected_completion_time="2026-12-21T09:30:00.000Z",
        received_time="2026-11-21T09:30:00.000Z",
        encoded_request="e30=",
        subject_request_id="a7551968-d5d6-44b2-9831-815ac9017798",
    )
    text = with_signature(receipt.model_dump_json(exclude_none=True), made(issued))
    signature = json.loads(text)["processor_signature"]
    verify(issued.certificate, text.replace(f',"processor_signature":"{signature}"', "").encode(), signature)


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("{}", "no PEM certificate with its PEM private key"),
        ("no json", "no PEM certificate with its PEM private key"),
        ('{"certificate": 1, "private_key": 2}', "no PEM certificate with its PEM private key"),
        (json.dumps({"certificate": "", "private_key": ""}), "no PEM certificate with its PEM private key"),
    ],
)
def test_a_secret_that_holds_no_pair_is_told_without_its_text(secret: str, why: str) -> None:
    with pytest.raises(KeyUnusableError, match=why):
        signer(secret)


def test_a_key_of_another_certificate_is_refused() -> None:
    with pytest.raises(KeyUnusableError, match="isn't that of the first certificate"):
        made(issue(DOMAIN, CURVE, NOW), private_key=issue(DOMAIN, RSA, NOW).private_key)


def test_flaws_tell_what_a_controller_would_not_trust() -> None:
    issued = issue(DOMAIN, CURVE, NOW)
    good = made(issued)
    assert list(flaws(good, NOW)) == []
    assert list(flaws(good, NOW + timedelta(days=366))) == ["The certificate isn't valid at this time."]
    assert list(flaws(good, NOW + timedelta(days=360))) == ["The certificate expires within 14 days."]
    other = made(issued, certificate=issued.certificate.replace(issued.authority, issue(DOMAIN, CURVE, NOW).authority))
    assert "no chain" in next(flaws(other, NOW))
    assert "shorter than 2048" in next(flaws(made(issue(DOMAIN, SHORT, NOW)), NOW))
    assert "self-signed" in next(flaws(made(issue("Jogakbo local CA", CURVE, NOW)), NOW))
