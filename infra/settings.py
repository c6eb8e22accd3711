"""What a deployment may choose, from the context of cdk.json or `-c key=value`, checked before anything is built."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STAGES = ("local", "dev", "production")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_OUTLET = re.compile(
    r"arn:aws[a-z-]*:(sqs:[^:*]+:\d{12}:|kinesis:[^:*]+:\d{12}:stream/|kms:[^:*]+:\d{12}:key/"
    r"|events:[^:*]+:\d{12}:event-bus/)[^:*/]+"
)
_WHOLE_NUMBERS = (
    "monthly_budget_usd", "requests_per_second", "request_burst", "most_behind_seconds", "bulk_above",
    "batch_window_seconds",
)  # fmt: skip
_LONGEST_WINDOW = 60
_FLAGS = ("segments_need_approval", "small")
_QUALIFIER = re.compile(r"[a-z0-9]{1,10}")


class SettingsError(Exception):
    """A context key has a value that can't be deployed; the message names the key and the fix."""

    def __init__(self, key: str, problem: str, fix: str) -> None:
        super().__init__(f"context key `{key}` {problem}. Fix: {fix}")


@dataclass(frozen=True, slots=True)
class Settings:
    """An empty account or region means: that of the credentials at deploy time."""

    stage: str
    account: str = ""
    region: str = ""
    alarm_email: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    permissions_boundary: str = ""
    bootstrap_qualifier: str = ""
    domain_name: str = ""
    certificate_arn: str = ""
    monthly_budget_usd: int = 0
    requests_per_second: int = 1000
    request_burst: int = 2000
    most_behind_seconds: int = 300
    bulk_above: int = 10_000
    batch_window_seconds: int = 1
    segments_need_approval: bool = False
    small: bool = False
    destination_arns: tuple[str, ...] = ()

    @property
    def partner_buses(self) -> list[str]:
        """ARNs."""
        return [arn for arn in self.destination_arns if arn.split(":")[2] == "events"]

    @property
    def is_local(self) -> bool:
        return self.stage == "local"

    @property
    def is_production(self) -> bool:
        return self.stage == "production"

    @property
    def prefix(self) -> str:
        """Start of every physical name."""
        return f"jogakbo-{self.stage}"

    @classmethod
    def from_context(cls, context: Mapping[str, Any]) -> "Settings":
        """Settings of the context's stage. Values from `-c` are text, those from cdk.json have JSON's types."""
        values = {key: context[key] for key in KEYS if context.get(key) not in (None, "")}
        values.setdefault("stage", "dev")
        for key in _WHOLE_NUMBERS:
            if key in values:
                values[key] = _whole_number(key, values[key])
        for key in _FLAGS:
            values[key] = _flag(key, values.get(key, False))
        values["destination_arns"] = _arns(values.get("destination_arns", ()))
        values["tags"] = _tags(values.get("tags", {}))
        settings = cls(**values)
        _check(settings)
        return settings

    @classmethod
    def of_stage(cls, stage: str, cdk_json: Path = Path("cdk.json")) -> "Settings":
        """Settings as `cdk -c stage=<stage>` would read them, without CDK."""
        return cls.from_context({**json.loads(cdk_json.read_text())["context"], "stage": stage})


KEYS = tuple(Settings.__dataclass_fields__)


def _whole_number(key: str, value: object) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = -1
    if number < 0:
        raise SettingsError(key, f"is {value!r}, not a whole number", f"-c {key}=100")
    return number


def _flag(key: str, value: object) -> bool:
    if str(value).lower() not in ("true", "false"):
        raise SettingsError(key, f"is {value!r}, neither true nor false", f"-c {key}=true")
    return str(value).lower() == "true"


def _arns(value: object) -> tuple[str, ...]:
    """A list as JSON has it, or as text with commas."""
    arns = value.split(",") if isinstance(value, str) else value
    if not isinstance(arns, list | tuple) or not all(_OUTLET.fullmatch(str(arn).strip()) for arn in arns):
        fix = "-c destination_arns=arn:aws:sqs:eu-west-1:111122223333:facts: queues, Kinesis streams, KMS keys, buses"
        raise SettingsError("destination_arns", f"is {value!r}, not a list of their ARNs", fix)
    return tuple(str(arn).strip() for arn in arns)


def _tags(value: object) -> dict[str, str]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, dict):
        raise SettingsError("tags", "is not an object of text", """-c tags='{"team": "data"}'""")
    return {str(name): str(text) for name, text in value.items()}


def _check(settings: Settings) -> None:
    if settings.stage not in STAGES:
        raise SettingsError("stage", f"is {settings.stage!r}", f"-c stage= one of {', '.join(STAGES)}")
    _match("account", settings.account, _ACCOUNT, "-c account=<the 12 digits of the AWS account>")
    _match("region", settings.region, _REGION, "-c region=ap-northeast-2")
    _match("alarm_email", settings.alarm_email, _EMAIL, "-c alarm_email=you@example.com")
    _match("bootstrap_qualifier", settings.bootstrap_qualifier, _QUALIFIER, "1 to 10 small letters or digits")
    if settings.is_production and not settings.alarm_email:
        raise SettingsError(
            "alarm_email", "is empty, so nobody would hear of a failure", "-c alarm_email=you@example.com"
        )
    if settings.is_production and settings.small:
        raise SettingsError("small", "is true, so nothing would wake anybody", "-c small=false for production")
    if bool(settings.domain_name) != bool(settings.certificate_arn):
        raise SettingsError(
            "certificate_arn" if settings.domain_name else "domain_name",
            "is missing: a custom domain needs both",
            "-c domain_name=example.com -c certificate_arn=arn:aws:acm:… (for *.example.com, same region)",
        )
    if not 1 <= settings.batch_window_seconds <= _LONGEST_WINDOW:
        problem = f"is {settings.batch_window_seconds}: each of three functions would wait so long for its batch"
        raise SettingsError("batch_window_seconds", problem, f"-c batch_window_seconds=5, 1 to {_LONGEST_WINDOW}")
    if settings.monthly_budget_usd and not settings.alarm_email:
        raise SettingsError("alarm_email", "is empty, but a budget needs a reader", "-c alarm_email=you@example.com")


def _match(key: str, value: str, pattern: re.Pattern[str], fix: str) -> None:
    if value and not pattern.fullmatch(str(value)):
        raise SettingsError(key, f"is {value!r}", fix)
