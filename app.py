"""Entry point of CDK: context -> settings -> one stack. Calls neither AWS nor the network."""

import sys

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from infra.assets import AssetError
from infra.settings import KEYS, Settings, SettingsError
from infra.stack import JogakboStack


def build() -> cdk.App:
    """The app of the stage named in the context; cdk-nag judges every stage that is deployed to AWS."""
    app = cdk.App()
    settings = Settings.from_context({key: app.node.try_get_context(key) for key in KEYS})
    JogakboStack(app, settings)
    if not settings.is_local:
        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


if __name__ == "__main__":
    try:
        build().synth()
    except (SettingsError, AssetError) as error:
        sys.exit(f"jogakbo: {error}")
