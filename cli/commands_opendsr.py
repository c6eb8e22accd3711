"""Commands for OpenDSR, by which other companies' systems send requests about people."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.access import Outputs, Stage, console, deployment
from cli.deployment import DeploymentError
from shared.aws.secrets import create_secret, find_secret_text, put_secret
from shared.domain.opendsr import secret_name
from shared.opendsr.signing import KeyUnusableError, flaws, signer

opendsr = typer.Typer(help="OpenDSR: requests about people from other companies' systems.", no_args_is_help=True)


@opendsr.command("certificate")
def certificate(
    chain: Annotated[
        Path, typer.Argument(help="PEM: the certificate, then those of its issuers", exists=True, dir_okay=False)
    ],
    key: Annotated[
        Path, typer.Argument(help="PEM: its private key, without a passphrase", exists=True, dir_okay=False)
    ],
    stage: Stage = "dev",
    outputs: Outputs = None,
) -> None:
    """Sign what controllers are told by this certificate, which a CA issued for the API's domain."""
    deployed = deployment(stage, outputs)
    pair = {"certificate": chain, "private_key": key}  # a DER file is no text, and is then told to be no PEM
    text = json.dumps({name: path.read_text(encoding="utf-8", errors="replace") for name, path in pair.items()})
    try:
        made = signer(text)
    except KeyUnusableError as error:
        raise DeploymentError(f"{error} Remedy: a PEM certificate chain and its unencrypted PEM key.") from error
    if found := list(flaws(made, datetime.now(UTC))):
        raise DeploymentError(f"{' '.join(found)} Remedy: a certificate that controllers trust.")
    name = secret_name(deployed.stage)
    (put_secret if find_secret_text(name) else create_secret)(name, text)
    console.print(f"Answers and callbacks are signed for {made.domain} within five minutes.", soft_wrap=True)
