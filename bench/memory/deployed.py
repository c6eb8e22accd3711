"""The stack that would be deployed: what of it costs something when idle, and how functions are configured."""

import json
import tempfile
from pathlib import Path
from unittest.mock import patch

import aws_cdk as cdk

from bench.memory.stack import Deployed
from infra.assets import Asset
from infra.functions import base
from infra.settings import Settings
from infra.stack import JogakboStack


def deployed(small: bool = False) -> Deployed:
    """As `make synth` makes it, with assets that stand for the real ones: templates don't depend on what is in them."""
    with tempfile.TemporaryDirectory() as folder:
        zipped = Path(folder) / "asset.zip"
        zipped.write_bytes(b"PK\5\6" + bytes(18))
        with patch.object(base, "built", lambda target, function: Asset(zipped, f"{target.key}{function}")):
            app = cdk.App(outdir=f"{folder}/cdk.out")
            JogakboStack(app, Settings(stage="dev", small=small))
            app.synth()
        template = json.loads(Path(f"{folder}/cdk.out/jogakbo-dev.template.json").read_text())
    return Deployed(template["Resources"])
