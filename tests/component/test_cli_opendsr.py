"""`jogakbo opendsr certificate` over moto: it keeps what controllers would trust, and nothing else."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner, Result

from cli.main import app
from local.certificates import Issued, issue
from tests.component.test_cli import outputs  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("outputs")


def run(folder: Path, issued: Issued) -> Result:
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_text(issued.certificate)
    key.write_text(issued.private_key)
    return CliRunner().invoke(app, ["opendsr", "certificate", str(chain), str(key), "--stage", "test"])


def test_a_certificate_is_kept_and_replaced_and_one_that_nobody_trusts_is_refused(tmp_path: Path) -> None:
    now, curve = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1())
    for _ in range(2):
        issued = issue("api.example.com", curve, now)
        done = run(tmp_path, issued)
        assert "signed for api.example.com within five minutes" in done.output
    late = run(tmp_path, issue("api.example.com", curve, now - timedelta(days=400)))
    other = run(tmp_path, Issued(issued.certificate, "", issue("api.example.com").private_key))
    assert [(one.exit_code, one.output.split(".")[0]) for one in (late, other)] == [
        (1, "The certificate isn't valid at this time"),
        (1, "The key isn't that of the first certificate"),
    ]
    (tmp_path / "chain.pem").write_bytes(b"0\x82\x01\xff")
    binary = CliRunner().invoke(
        app, ["opendsr", "certificate", *(str(tmp_path / f"{n}.pem") for n in ("chain", "key"))]
    )
    assert (binary.exit_code, "There is no PEM certificate" in binary.output) == (1, True)
    kept = boto3.client("secretsmanager").get_secret_value(SecretId="jogakbo/test/opendsr/certificate")
    assert json.loads(kept["SecretString"])["certificate"] == issued.certificate
