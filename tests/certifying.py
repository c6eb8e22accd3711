"""A deployment in moto with a certificate for OpenDSR, of a certificate authority made for the test."""

import json
from datetime import datetime

import boto3
from cryptography.hazmat.primitives.asymmetric import ec

from local.certificates import Issued, issue
from shared.domain.opendsr import secret_name

DOMAIN = "api.example.com"


def certify(now: datetime | None = None) -> Issued:
    """`now` is when it was issued."""
    made = issue(DOMAIN, ec.generate_private_key(ec.SECP256R1()), now)
    pair = json.dumps({"certificate": made.certificate, "private_key": made.private_key})
    boto3.client("secretsmanager").create_secret(Name=secret_name("test"), SecretString=pair)
    return made
