"""Commands for suppressions, with AWS credentials: whether somebody is kept out, letting them in again, new keys."""

import secrets
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.access import Outputs, Stage, Yes, console, deployment
from cli.deployment import Deployment, DeploymentError
from shared.aws.secrets import put_secret, read_secret, written_at
from shared.domain.identifiers import Identifier, normalise
from shared.domain.suppression import HOLDS, SETTLED
from shared.domain.suppression_keys import SuppressionKeys
from shared.domain.times import to_text
from shared.stores.kept_rules import KeptRules
from shared.stores.suppression_store import SuppressionStore

suppressions = typer.Typer(help="Erased people, who don't come in again.", no_args_is_help=True)

_Identifiers = Annotated[list[str], typer.Argument(metavar="IDENTIFIER…", help="As email:mina@example.com")]
_KEY_BYTES = 48


@suppressions.command("check")
def check_command(identifiers: _Identifiers, stage: Stage = "dev", outputs: Outputs = None) -> None:
    """Say which of these are suppressed, and until when."""
    deployed = deployment(stage, outputs)
    asked = [_identifier(deployed, text) for text in identifiers]
    found = _store(deployed).look_up(asked)
    for text, one in zip(identifiers, asked, strict=True):
        until = found.get(one)
        told = "not suppressed" if until is None else "suppressed" if until == HOLDS else f"lifted at {until}"
        console.print(f"{text} {told}", soft_wrap=True)


@suppressions.command("lift")
def lift_command(identifiers: _Identifiers, yes: Yes = False, stage: Stage = "dev", outputs: Outputs = None) -> None:
    """Let what happens from now on under these identifiers in again. What happened before stays out."""
    deployed = deployment(stage, outputs)
    asked = [_identifier(deployed, text) for text in identifiers]
    if not yes:
        typer.confirm("Has this person opted in again, under each of these identifiers?", abort=True)
    lifted = _store(deployed).lift(asked, to_text(datetime.now(UTC)))
    for text, one in zip(identifiers, asked, strict=True):
        console.print(f"{text} {'lifted' if one in lifted else 'was not suppressed'}", soft_wrap=True)


@suppressions.command("add-key")
def add_key_command(stage: Stage = "dev", outputs: Outputs = None) -> None:
    """Add a new version of the key. It is asked from now on, and used once `use-key` says so."""
    name = _secret(deployment(stage, outputs))
    keys = SuppressionKeys.parse(read_secret(name)).with_new(secrets.token_urlsafe(_KEY_BYTES))
    put_secret(name, keys.to_text())
    console.print(f"Version {keys.newest} is there. In {_minutes()} minutes: jogakbo suppressions use-key")


@suppressions.command("use-key")
def use_key_command(stage: Stage = "dev", outputs: Outputs = None) -> None:
    """Write new suppressions under the newest version of the key. The others stay, and are asked for ever."""
    name = _secret(deployment(stage, outputs))
    if datetime.now(UTC) - written_at(name) < SETTLED:
        raise DeploymentError(f"Not every worker knows the newest version yet. Remedy: again in {_minutes()} minutes.")
    keys = SuppressionKeys.parse(read_secret(name)).with_newest_in_use()
    put_secret(name, keys.to_text())
    console.print(f"Version {keys.current} is in use.")


def _store(deployed: Deployment) -> SuppressionStore:
    keys = SuppressionKeys.parse(read_secret(_secret(deployed)))
    return SuppressionStore(f"jogakbo-{deployed.stage}-suppressions", lambda: keys)


def _secret(deployed: Deployment) -> str:
    return f"jogakbo/{deployed.stage}/suppression-keys"


def _identifier(deployed: Deployment, text: str) -> Identifier:
    namespace, _, value = text.partition(":")
    found = normalise(namespace, value, KeptRules(deployed.catalogue).get().naming)
    if found is None:
        raise typer.BadParameter(f"{text} names nobody. An identifier is written email:mina@example.com.")
    return found


def _minutes() -> int:
    return int(SETTLED.total_seconds() // 60)
