"""What a controller is told of a request, in bytes and headers: answers and callbacks alike are signed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.contracts.opendsr import StatusBody
from shared.domain.opendsr import API_VERSION, Claim, status_of
from shared.domain.privacy_requests import PrivacyRequest

if TYPE_CHECKING:
    from shared.opendsr.signing import Signer  # cryptography is imported where something is signed


def signed_headers(body: bytes, signer: "Signer") -> dict[str, str]:
    """By the names of today and, for controllers that speak version 1, those of OpenGDPR."""
    told = {"Processor-Domain": signer.domain, "Signature": signer.sign(body)}
    return {f"X-{name}-{what}": value for name in ("OpenDSR", "OpenGDPR") for what, value in told.items()}


def with_signature(body: str, signer: "Signer") -> str:
    """A JSON object with one member more, its last: the signature of the same bytes without that member."""
    return f'{body[:-1]},"processor_signature":"{signer.sign(body.encode())}"}}'


def status_body(claim: Claim, request: PrivacyRequest | None, url: str | None = None) -> StatusBody:
    """How a request is getting on, for who asks, or for the callback `url`."""
    status = status_of(request)
    export = request.done.get("export", {}) if request and status == "completed" else {}
    return StatusBody(
        controller_id=claim.controller_id,
        expected_completion_time=request.due_at if request else claim.due_at,
        status_callback_url=url,
        subject_request_id=claim.subject_request_id,
        request_status=status,
        api_version=API_VERSION,
        results_url=f"{claim.origin}/v1/requests/{claim.subject_request_id}/results" if export.get("rows") else None,
        results_count=sum(export.get("rows", {}).values()) if export else None,
    )


def callback(
    claim: Claim, request: PrivacyRequest | None, url: str, signer: "Signer"
) -> tuple[bytes, Mapping[str, str]]:
    """The body of a callback and its headers."""
    body = status_body(claim, request, url).model_dump_json(exclude_none=True).encode()
    return body, {"Content-Type": "application/json", "User-Agent": "Jogakbo/1", **signed_headers(body, signer)}
