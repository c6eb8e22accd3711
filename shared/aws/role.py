"""Who a function is and where AWS lies, as Lambda says it in the environment."""

import os
import re

from shared.aws.signing import Keys

_MORE = (
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_USE_FIPS_ENDPOINT",
    "HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy",
)  # fmt: skip
"""What botocore heeds, and nothing here does."""

_REGION = re.compile("(af|ap|ca|cn|eu|il|me|mx|sa|us|us-gov)-[a-z]+-[0-9]+")


def region_of(other: str | None) -> str:
    return other or os.environ.get("AWS_DEFAULT_REGION", "")


def role_keys(region: str) -> Keys | None:
    """Those of the role; None outside Lambda, and where only botocore knows its way: proxies, secluded regions,
    credentials that are renewed while the process lives.
    """
    said = os.environ
    if "AWS_LAMBDA_FUNCTION_NAME" not in said or not _REGION.fullmatch(region) or any(name in said for name in _MORE):
        return None
    access, secret = said.get("AWS_ACCESS_KEY_ID"), said.get("AWS_SECRET_ACCESS_KEY")
    return Keys(access, secret, said.get("AWS_SESSION_TOKEN", "")) if access and secret else None


def given_endpoint(service: str) -> str | None:
    """The URL that stands for a service, by its name in AWS_ENDPOINT_URL_…"""
    return os.environ.get(f"AWS_ENDPOINT_URL_{service}") or os.environ.get("AWS_ENDPOINT_URL")


def domain(region: str) -> str:
    return f"{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"
