"""A certificate authority made on this machine, and a certificate of it to sign what OpenDSR answers."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
DAYS = 365


@dataclass(frozen=True, slots=True)
class Issued:
    """PEM texts: the certificate with that of its authority behind it, the authority's alone, and the key."""

    certificate: str
    authority: str
    private_key: str


def issue(domain: str, key: Key | None = None, now: datetime | None = None) -> Issued:
    """A certificate for a domain, of an authority that is made for it alone and forgets its key."""
    moment = now or datetime.now(UTC)
    own = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
    root = ec.generate_private_key(ec.SECP256R1())
    name, subject = _name("Jogakbo local CA"), _name(domain)
    authority = (
        _builder(name, name, root, moment)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(root, hashes.SHA256())
    )
    leaf = (
        _builder(subject, name, own, moment)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(root, hashes.SHA256())
    )
    ours = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Issued(_pem(leaf) + _pem(authority), _pem(authority), ours.decode())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: x509.Name, issuer: x509.Name, key: Key, now: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=DAYS))
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
