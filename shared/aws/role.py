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


def region_of(other: str | None) -> str:
    return other or os.environ.get("AWS_DEFAULT_REGION", "")


def role_keys(region: str) -> Keys | None:
    """Those of the role; None outside Lambda, and where only botocore knows its way: proxies, secluded regions,
    credentials that are renewed while the process lives.
    """
    if "AWS_LAMBDA_FUNCTION_NAME" not in _said or any(name in _said for name in BOTOCORES):
        return None
    access, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if not (access and secret and _REGION.fullmatch(region)):
        return None
    return Keys(access, secret, os.environ.get("AWS_SESSION_TOKEN", ""))


def given_endpoint(service: str) -> str | None:
    """The URL that stands for a service, by its name in AWS_ENDPOINT_URL_…"""
    return _said.get(f"AWS_ENDPOINT_URL_{service}") or os.environ.get("AWS_ENDPOINT_URL")


def domain(region: str) -> str:
    return f"{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"


def authorities() -> str | None:
    """The file of those whom to trust, where it isn't botocore's own."""
    return os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE")
