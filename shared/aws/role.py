"""Who a function is, where AWS lies and whom it trusts, as Lambda says it in the environment."""

import os
import re
from collections.abc import Mapping

from shared.aws.signing import Keys

BOTOCORES = (
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_USE_FIPS_ENDPOINT",
    "HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy",
)  # fmt: skip
"""What botocore alone heeds."""

_REGION = re.compile("(af|ap|ca|cn|eu|il|me|mx|sa|us|us-gov)-[a-z]+-[0-9]+")
_said: Mapping[str, str] = os.environ


def region() -> str:
    return os.environ.get("AWS_DEFAULT_REGION", "")


def role_keys() -> Keys | None:
    """Those of the role; None outside Lambda, and where only botocore knows its way: proxies, secluded regions,
    credentials that are renewed while the process lives.
    """
    if "AWS_LAMBDA_FUNCTION_NAME" not in _said or any(name in _said for name in BOTOCORES):
        return None
    access, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if not (access and secret and _REGION.fullmatch(region())):
        return None
    return Keys(access, secret, os.environ.get("AWS_SESSION_TOKEN", ""))


def given_endpoint(service: str) -> str | None:
    """The URL that stands for a service, by its name in AWS_ENDPOINT_URL_…"""
    return _said.get(f"AWS_ENDPOINT_URL_{service}") or os.environ.get("AWS_ENDPOINT_URL")


def domain(of: str) -> str:
    """Of a region."""
    return f"{of}.amazonaws.com{'.cn' if of.startswith('cn-') else ''}"


def authorities() -> str | None:
    """The file of those whom to trust, where it isn't botocore's own."""
    return os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE")


def own_headers() -> dict[str, str]:
    """Not signed. By the trace Lambda finds functions that call themselves without end."""
    trace = os.environ.get("_X_AMZN_TRACE_ID")
    return {"user-agent": "jogakbo", **({"x-amzn-trace-id": trace} if trace else {})}
