"""Starts the emulator: `python -m local.emulator --port 4600 --directory DIR [--iam]`."""

import argparse
import os
import sys
from importlib.metadata import version
from pathlib import Path

SUPPORTED = "1.5.33"
KEPT = ("PATH", "HOME")


def refusal(installed: str) -> str | None:
    """Why this version can't be patched; None when it can. The patches reach into private functions."""
    if installed == SUPPORTED:
        return None
    return f"The local cloud needs ministack {SUPPORTED}; {installed} is installed. Remedy: make setup"


def environment(port: int, directory: Path, iam: bool) -> dict[str, str]:
    """All of it, since the emulator hands its environment to every function: an AWS_ENDPOINT_URL left in it would
    send them to another cloud."""
    temporary = directory / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    return {
        **{name: os.environ[name] for name in KEPT if name in os.environ},
        "AUTH": str(iam).lower(),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",
        "LOG_LEVEL": "WARNING",
        "S3_DATA_DIR": str(directory / "s3"),
        "SFN_WAIT_SCALE": "0.002",  # an erasure waits for minutes until what was under way has settled
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(directory / "state"),
        "TMPDIR": str(temporary),
        "TZ": "UTC",
    }


def main() -> None:
    problem = refusal(version("ministack"))
    if problem:
        sys.exit(problem)
    parser = argparse.ArgumentParser(prog="python -m local.emulator")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--iam", action="store_true", help="enforce IAM: functions may do what their role allows")
    options = parser.parse_args()

    settings = environment(options.port, options.directory.resolve(), options.iam)
    os.environ.clear()
    os.environ.update(settings)
    sys.argv = sys.argv[:1]  # ministack reads the command line, too

    from ministack.app import main as serve

    from local.emulator.patches import apply_all

    apply_all()
    serve()


if __name__ == "__main__":
    main()
