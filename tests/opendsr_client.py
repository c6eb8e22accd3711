"""A controller, written from the specification of OpenDSR 2.0 alone: it knows nothing of the processor that it asks."""

import json
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa


@dataclass
class Processor:
    """What discovery told: what is supported, and the certificate by which answers and callbacks are signed."""

    domain: str
    supported: dict[str, Any]
    certificate: x509.Certificate

    def verify(self, domain: str, signature: str, body: bytes) -> None:
        """Section 8.8. Raises InvalidSignature, over the raw bytes."""
        if domain != self.domain:
            raise InvalidSignature
        key = self.certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(b64decode(signature), body, padding.PKCS1v15(), hashes.SHA256())
        else:
            assert isinstance(key, ec.EllipticCurvePublicKey)
            key.verify(b64decode(signature), body, ec.ECDSA(hashes.SHA256()))


@dataclass
class Controller:
    """`trusted` is the PEM of the certificate authority that it trusts; `prior` speaks as OpenGDPR 1.0 did."""

    http: httpx.Client
    trusted: str
    prior: bool = False
    heard: list[dict[str, Any]] = field(default_factory=list)
    known: Processor | None = None

    @property
    def _path(self) -> str:
        return "/v1/opengdpr_requests" if self.prior else "/v1/requests"

    @property
    def _headers(self) -> tuple[str, str]:
        name = "OpenGDPR" if self.prior else "OpenDSR"
        return f"X-{name}-Processor-Domain", f"X-{name}-Signature"

    def discover(self) -> Processor:
        """Section 6, without any authentication of ours."""
        supported = self.http.get("/v1/discovery", headers={"Authorization": ""}).json()
        where = urlsplit(supported["processor_certificate"])
        pem = self.http.get(where.path, headers={"Authorization": ""}).content
        leaf, *_ = x509.load_pem_x509_certificates(pem)
        leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(self.trusted.encode()))
        assert leaf.issuer != leaf.subject
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        domain = names.get_values_for_type(x509.DNSName)[0]
        assert where.hostname == domain
        self.known = Processor(domain, supported, leaf)
        return self.known

    def request(self, kind: str, identities: list[dict[str, str]], callbacks: list[str], **more: Any) -> bytes:
        """The body of a request, section 7.1.1."""
        body = {
            "subject_request_id": str(uuid4()),
            "subject_request_type": kind,
            "submitted_time": "2026-10-02T15:00:00Z",
            "subject_identities": identities,
            "status_callback_urls": callbacks,
            "api_version": "1.0" if self.prior else "2.0",
            **({} if self.prior else {"regulation": "gdpr"}),
            **more,
        }
        return json.dumps(body, indent=2).encode()

    def submit(self, body: bytes) -> httpx.Response:
        """The answer, its signature checked whatever it is."""
        return self._checked(self.http.post(self._path, content=body, headers={"Content-Type": "application/json"}))

    def receipt(self, body: bytes) -> dict[str, Any]:
        """Section 7.3, of a request that is taken."""
        answer = self.submit(body)
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        assert b64decode(told["encoded_request"]) == body
        assert told["subject_request_id"] == json.loads(body)["subject_request_id"]
        assert told["controller_id"]
        assert b64decode(told["processor_signature"])
        for name in ("expected_completion_time", "received_time"):
            assert datetime.fromisoformat(told[name]).tzinfo
        return told

    def status(self, subject_request_id: str) -> httpx.Response:
        return self._checked(self.http.get(f"{self._path}/{subject_request_id}"))

    def cancel(self, subject_request_id: str) -> httpx.Response:
        return self._checked(self.http.delete(f"{self._path}/{subject_request_id}"))

    def called_back(self, url: str, headers: dict[str, str], body: bytes) -> int:
        """Section 8.8: what this controller answers to a callback at `url`; header names in small letters."""
        processor = self.known or self.discover()
        domain, signature = (headers.get(name.lower(), "") for name in self._headers)
        try:
            processor.verify(domain, signature, body)
        except (InvalidSignature, ValueError):
            return 403
        told = json.loads(body)
        if told["status_callback_url"] != url:
            return 400
        self.heard.append(told)
        return 202

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        processor = self.known or self.discover()
        domain, signature = (answer.headers[name] for name in self._headers)
        processor.verify(domain, signature, answer.content)
        if answer.status_code >= 400:
            error = answer.json()["error"]
            assert error["code"] == answer.status_code
            assert all({"domain", "reason", "message"} == set(one) for one in error["errors"])
        return answer
