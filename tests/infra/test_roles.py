"""What each function may do, as one table. A grant that isn't here fails, and so does one that is only here."""

from typing import Any

import pytest

from shared.stores.tables import DATA_KEY, TABLES
from tests.infra.conftest import OUTLETS, PARTNER_BUS, Template

_TABLE_STREAM = {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
}
_KINESIS = {
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
    "kinesis:ListStreams",
}
_CONSUME = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
_LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
_KEY = {"secretsmanager:GetSecretValue"}
_SUPPRESSED = {
    "TableSuppressions": {"dynamodb:BatchGetItem"},
    "KeySuppressions": {"kms:Decrypt"},
    "SecretSuppressionKeys": _KEY,
}
_FAILURES = {"BucketLog/aws/lambda/*": {"s3:PutObject"}, "BucketLog": {"s3:ListBucket"}}
_SECRETS = "arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:jogakbo/production/"
_GLUE = "arn:<AWS::Partition>:glue:<AWS::Region>:<AWS::AccountId>"
_LAKE = ("catalog", "database/jogakbo_production", "table/jogakbo_production/lake_events")

_ERASES = {f"dynamodb:{action}" for action in ("BatchGetItem", "BatchWriteItem", "Query", "UpdateItem")}
_TRACES = {"xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}
_DELIVERED_LOGS = {
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
}

_OUTLETS = dict(
    zip(
        OUTLETS,
        ({"sqs:GetQueueUrl", "sqs:SendMessage"}, {"kinesis:PutRecord"}, {"kms:Decrypt", "kms:GenerateDataKey"}),
        strict=True,
    )
)
GRANTS: dict[str, dict[str, set[str]]] = {
    "CollectEvents": {
        "own log": _LOG,
        "StreamEvents": {"kinesis:PutRecords"},
        "TableCatalogue": {"dynamodb:GetItem"},
        "TableProfiles": {"dynamodb:UpdateItem"},
        "TableLedger": {"dynamodb:PutItem"},
        "KeyData": {"kms:Decrypt"},
        "SecretIdentifierKey": _KEY,
        f"{_SECRETS}sources/*": _KEY,
    },
    "ImportFiles": {
        "own log": _LOG,
        "QueueImports": _CONSUME | {"sqs:SendMessage"},
        "StreamEvents": {"kinesis:PutRecords"},
        "TableCatalogue": {"dynamodb:GetItem"},
        "TableProfiles": {"dynamodb:UpdateItem"},
        "TableLedger": {"dynamodb:PutItem"},
        "KeyData": {"kms:Decrypt"},
        "SecretIdentifierKey": _KEY,
        "BucketLog": {"s3:ListBucket"},
        "BucketLog/imports/*": {"s3:GetObject"},
        "BucketLog/import-progress/*": {"s3:GetObject", "s3:PutObject"},
    },
    "StoreEvents": {
        "own log": _LOG,
        "BucketLog": {"s3:ListBucket"},
        "StreamEvents": _KINESIS,
        "QueueStoreRetries": _CONSUME | {"sqs:SendMessage"},
        "QueueStitchRetries": {"sqs:SendMessage"},
        "TableEvents": {"dynamodb:PartiQLInsert", "dynamodb:BatchGetItem"},
        "TableQuarantine": {
            f"dynamodb:{action}" for action in ("PartiQLInsert", "GetItem", "UpdateItem", "DeleteItem")
        },
        "KeyQuarantine": {"kms:Decrypt", "kms:GenerateDataKey"},
        "TableLedger": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:DeleteItem"},
        "TableCatalogue": {"dynamodb:GetItem", "dynamodb:Query"},
        "BucketLog/log/*": {"s3:PutObject", "s3:GetObject"},
        "BucketLog/aws/lambda/*": {"s3:PutObject", "s3:GetObject", "s3:DeleteObject"},
        "BucketLog/quarantine/*": {"s3:PutObject", "s3:DeleteObject"},
        "BucketLog/outcomes/*": {"s3:PutObject"},
        "SecretIdentifierKey": _KEY,
        **_SUPPRESSED,
    },
    "ReconcileCounts": {
        "own log": _LOG,
        **_SUPPRESSED,
        "TableCatalogue": {"dynamodb:Query"},
        "TableLedger": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"},
        "TableEvents": {"dynamodb:BatchGetItem"},
        "TableProfiles": {"dynamodb:BatchGetItem"},
        "BucketLog": {"s3:ListBucket"},
        "BucketLog/outcomes/*": {"s3:GetObject"},
        "BucketLog/aws/lambda/*": {"s3:GetObject"},
    },
    "StitchIdentities": {
        "own log": _LOG,
        **_SUPPRESSED,
        **_FAILURES,
        "TableEvents stream": _TABLE_STREAM,
        "QueueStitchRetries": _CONSUME | {"sqs:SendMessage"},
        "TableEvents": {f"dynamodb:{action}" for action in ("BatchGetItem", "Query", "UpdateItem", "DeleteItem")},
        "TableCatalogue": {"dynamodb:GetItem", "dynamodb:Query"},
        "TableProfiles": {f"dynamodb:{action}" for action in ("BatchGetItem", "PutItem", "UpdateItem", "Query")},
        "TableLedger": {"dynamodb:Query", "dynamodb:UpdateItem", "dynamodb:PutItem", "dynamodb:DeleteItem"},
    },
    "PublishChanges": {
        "own log": _LOG,
        **_FAILURES,
        "TableProfiles stream": _TABLE_STREAM,
        "BusFacts": {"events:PutEvents"},
        "QueueReevaluations": {"sqs:SendMessage"},
    },
    "Deliver": {
        "own log": _LOG,
        **_SUPPRESSED,
        "QueueDeliveries": _CONSUME | {"sqs:ChangeMessageVisibility", "sqs:SendMessage"},
        **{
            f"Queue{which}Retries{of}": {"sqs:GetQueueAttributes"}
            for which in ("Store", "Stitch")
            for of in ("", "DeadLetters")
        },
        "BucketLog": {"s3:ListBucket"},
        "TableCatalogue": {"dynamodb:Query"},
        "TableProfiles": {"dynamodb:BatchGetItem"},
        "TableLedger": {
            f"dynamodb:{action}"
            for action in ("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem")
        },
        "BucketLog/outbound/*": {"s3:GetObject", "s3:PutObject"},
        f"{_SECRETS}destinations/*": _KEY,
        **_OUTLETS,
        "DeliverPartnersRole": {"sts:AssumeRole"},
    },
    "DeliverPartners": {PARTNER_BUS: {"events:PutEvents"}},
    "ManageCatalogue": {
        "own log": _LOG,
        "QueueDeliveries": {"sqs:SendMessage"},
        "QueuePreviews": {"sqs:SendMessage"},
        "TableCatalogue": {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"},
        "TableLedger": {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"},
        f"{_SECRETS}destinations/*": {
            f"secretsmanager:{action}Secret{value}"
            for action, value in (("Create", ""), ("Delete", ""), ("Get", "Value"), ("Put", "Value"))
        },
    },
    "PreviewSegments": {
        "own log": _LOG,
        "QueuePreviews": _CONSUME | {"sqs:SendMessage"},
        "TableCatalogue": {"dynamodb:GetItem", "dynamodb:Query"},
        "TableLedger": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "BucketLog": {"s3:ListBucket"},
        "BucketLog/lake/*": {"s3:GetObject"},
    },
    "BuildLake": {
        "own log": _LOG,
        "TableProfiles": {"dynamodb:BatchGetItem", "dynamodb:Scan"},
        "TableCatalogue": {"dynamodb:Query"},
        "TableLedger": {"dynamodb:Query", "dynamodb:BatchWriteItem"},
        "BucketLog": {"s3:ListBucket"},
        "BucketLog/outcomes/*": {"s3:GetObject"},
        "BucketLog/expiring/*": {"s3:PutObject"},
        "BucketLog/lake/*": {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"},
        **{f"{_GLUE}:{name}": {"glue:GetTable", "glue:BatchCreatePartition"} for name in _LAKE},
    },
    "ReviewQuarantine": {
        "own log": _LOG,
        "TableCatalogue": {"dynamodb:GetItem"},
        "TableQuarantine": {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"},
        "KeyQuarantine": {"kms:Decrypt"},
        "BucketLog/quarantine/*": {"s3:GetObject"},
        "StreamEvents": {"kinesis:PutRecords"},
    },
    "SweepDeadlines": {
        "own log": _LOG,
        "TablePrivacy": {"dynamodb:Query", "dynamodb:BatchGetItem"},
        "KeyPrivacy": {"kms:Decrypt"},
        "StateMachineRequests": {"states:StartExecution"},
    },
    "ReevaluatePeople": {
        "own log": _LOG,
        "QueueReevaluations": _CONSUME | {"sqs:SendMessage"},
        "QueueStitchRetries": {"sqs:SendMessage"},
        "TableCatalogue": {"dynamodb:Query"},
        "TableProfiles": {f"dynamodb:{action}" for action in ("BatchGetItem", "Query", "PutItem", "UpdateItem")},
        "TableLedger": {f"dynamodb:{action}" for action in ("Query", "PutItem", "UpdateItem", "BatchWriteItem")},
    },
    "ManagePrivacy": {
        "own log": _LOG,
        "TableCatalogue": {"dynamodb:GetItem", "dynamodb:Query"},
        "TableProfiles": {"dynamodb:BatchGetItem"},
        "TableLedger": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"},
        "TablePrivacy": {
            f"dynamodb:{action}" for action in ("GetItem", "BatchGetItem", "Query", "PutItem", "DeleteItem")
        },
        "StateMachineRequests": {"states:StartExecution"},
        "KeyPrivacy": {"kms:Decrypt"},
        "BucketLog": {"s3:ListBucket"},
        "BucketLog/exports/*": {"s3:GetObject"},
        "SecretIdentifierKey": _KEY,
        f"{_SECRETS}opendsr/*": _KEY,
        "TableSuppressions": {"dynamodb:BatchGetItem", "dynamodb:UpdateItem"},
        "KeySuppressions": {"kms:Decrypt"},
        "SecretSuppressionKeys": _KEY,
    },
    "CarryOutRequests": {
        "own log": _LOG,
        "SecretIdentifierKey": _KEY,
        "SecretSuppressionKeys": _KEY,
        "SecretReceiptKey": _KEY,
        "TableCatalogue": {"dynamodb:GetItem", "dynamodb:Query"},
        "TableEvents": _ERASES,
        "TableProfiles": _ERASES | {"dynamodb:PutItem"},
        "TableLedger": _ERASES | {"dynamodb:GetItem", "dynamodb:PutItem"},
        "TablePrivacy": {
            f"dynamodb:{action}" for action in ("GetItem", "PutItem", "DeleteItem", "Query", "BatchWriteItem")
        },
        "KeyPrivacy": {"kms:Decrypt"},
        "TableSuppressions": {"dynamodb:BatchGetItem", "dynamodb:PutItem"},
        "KeySuppressions": {"kms:Decrypt"},
        "TableKept": {"dynamodb:BatchWriteItem"},
        "KeyKept": {"kms:Decrypt"},
        "TableQuarantine": {"dynamodb:Scan", "dynamodb:BatchWriteItem"},
        "KeyQuarantine": {"kms:Decrypt"},
        "BucketLog": {"s3:ListBucket"},
        "BucketLog/quarantine/*": {"s3:GetObject", "s3:DeleteObject"},
        "BucketLog/lake/*": {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"},
        "BucketLog/exports/*": {"s3:PutObject", "s3:DeleteObject"},
        "BucketLog/outbound/*": {"s3:GetObject", "s3:PutObject"},
        "StreamEvents": {"kinesis:PutRecords"},
    },
    "Requests": {
        "CarryOutRequestsFunctionB59084AC": {"lambda:InvokeFunction"},
        "*": _TRACES | _DELIVERED_LOGS,
    },
    "ManagePeople": {
        "own log": _LOG,
        **_SUPPRESSED,
        "TableCatalogue": {"dynamodb:GetItem", "dynamodb:Query"},
        "TableEvents": {"dynamodb:Query", "dynamodb:DescribeTable"},
        "TableProfiles": {
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DescribeTable",
        },
        "TableLedger": {
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:Query",
            "dynamodb:BatchWriteItem",
        },
        "QueueJobs": {"sqs:SendMessage"},
        "StreamEvents": {"kinesis:PutRecords"},
        "SecretIdentifierKey": _KEY,
    },
    "SendCallbacks": {
        "own log": _LOG,
        **_FAILURES,
        "TablePrivacy stream": _TABLE_STREAM,
        "TablePrivacy": {f"dynamodb:{action}" for action in ("GetItem", "Query", "PutItem", "DeleteItem")},
        "KeyPrivacy": {"kms:Decrypt"},
        f"{_SECRETS}opendsr/*": _KEY,
    },
    "RunJobs": {
        "own log": _LOG,
        "QueueJobs": _CONSUME | {"sqs:SendMessage"},
        "BusFacts": {"events:PutEvents"},
        "SecretIdentifierKey": _KEY,
        "TableCatalogue": {"dynamodb:Query"},
        "TableEvents": {"dynamodb:Query", "dynamodb:Scan"},
        "TableProfiles": {
            f"dynamodb:{action}" for action in ("BatchGetItem", "PutItem", "UpdateItem", "Query", "Scan")
        },
        "TableLedger": {
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:Query",
            "dynamodb:BatchWriteItem",
        },
    },
    "ReadProfiles": {
        "own log": _LOG,
        "TableCatalogue": {"dynamodb:GetItem", "dynamodb:Query"},
        "TableProfiles": {"dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"},
        "TableEvents": {"dynamodb:Query", "dynamodb:BatchGetItem"},
        "TableLedger": {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:PutItem"},
        "SecretIdentifierKey": _KEY,
    },
    "SweepRetention": {
        "own log": _LOG,
        **_SUPPRESSED,
        "TableCatalogue": {"dynamodb:Query"},
        "TableEvents": {"dynamodb:Query"},
        "TableProfiles": {"dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:Query"},
        "BucketLog/expiring/*": {"s3:GetObject", "s3:DeleteObject"},
        "BucketLog": {"s3:ListBucket"},
    },
}


_UNDER_THE_DATA_KEY = {f"Table{table.name.capitalize()}" for table in TABLES if table.own_key == DATA_KEY}
_OF_OBJECTS = {"s3:GetObject": "kms:Decrypt", "s3:PutObject": "kms:GenerateDataKey"}


def _with_the_data_key(granted: dict[str, set[str]]) -> dict[str, set[str]]:
    """A row of the table above with what its tables, their streams and its objects need of the data key."""
    needed = {"kms:Decrypt" for name in granted if name.removesuffix(" stream") in _UNDER_THE_DATA_KEY}
    for name, actions in granted.items():
        if name.startswith("BucketLog/") and name != "BucketLog/quarantine/*":
            needed |= {_OF_OBJECTS[action] for action in actions & _OF_OBJECTS.keys()}
    return granted | ({"KeyData": needed} if needed else {})


EXPECTED = {function: _with_the_data_key(granted) for function, granted in GRANTS.items()}


def _shown(resource: Any, function: str) -> str:
    """A resource of a statement as the table above writes it."""
    if isinstance(resource, str):
        return resource
    if "Ref" in resource:
        name = str(resource["Ref"])
        return f"<{name}>" if name.startswith("AWS::") else name
    if "Fn::GetAtt" in resource:
        name, attribute = resource["Fn::GetAtt"]
        if name.startswith(f"{function}Log"):
            return "own log"
        if name.startswith(f"{function}PartnersRole"):
            return f"{function}PartnersRole"
        return f"{name} stream" if attribute == "StreamArn" else str(name)
    return "".join(_shown(part, function) for part in resource["Fn::Join"][1])


def _grants(template: Template) -> dict[str, dict[str, set[str]]]:
    found: dict[str, dict[str, set[str]]] = {}
    for policy in template.of_type("IAM::Policy").values():
        role = policy["Properties"]["Roles"][0]["Ref"]
        function = next(name for name in GRANTS if role.startswith(f"{name}Role"))
        granted = found.setdefault(function, {})
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Deny":
                continue
            for resource in _listed(statement["Resource"]):
                granted.setdefault(_shown(resource, function), set()).update(_listed(statement["Action"]))
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_each_role_may_do_exactly_what_the_table_says(production: Template) -> None:
    assert _grants(production) == EXPECTED


def test_every_stage_grants_the_same(templates: dict[str, Template]) -> None:
    for stage, template in templates.items():
        there = {
            function: {_of_production(name, stage): actions for name, actions in granted.items()}
            for function, granted in _grants(template).items()
        }
        assert there == EXPECTED


def _of_production(name: str, stage: str) -> str:
    return name.replace(f"/{stage}/", "/production/").replace(f"jogakbo_{stage}", "jogakbo_production")


def test_no_role_may_change_or_delete_what_is_in_the_audit_log(production: Template) -> None:
    denied: dict[str, set[str]] = {}
    for policy in production.of_type("IAM::Policy").values():
        role = policy["Properties"]["Roles"][0]["Ref"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Deny":
                assert statement["Resource"] == {"Fn::GetAtt": ["TableLedger", "Arn"]}
                assert statement["Condition"] == {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["A#*"]}}
                denied[next(name for name in GRANTS if role.startswith(f"{name}Role"))] = {
                    *_listed(statement["Action"])
                }
    harmless = {f"dynamodb:{action}" for action in ("BatchGetItem", "GetItem", "PutItem", "Query", "Scan")}
    changing = {function: granted.get("TableLedger", set()) - harmless for function, granted in GRANTS.items()}
    assert denied == {function: actions for function, actions in changing.items() if actions}


@pytest.mark.parametrize("role", ["CollectEventsRole", "ImportFilesRole"])
def test_who_takes_things_in_writes_marks_of_refusals_and_nothing_else_of_people(
    production: Template, role: str
) -> None:
    (granted,) = [
        statement
        for policy in production.of_type("IAM::Policy").values()
        if policy["Properties"]["Roles"][0]["Ref"].startswith(role)
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Resource"] == {"Fn::GetAtt": ["TableProfiles", "Arn"]}
    ]
    attributes = ["pk", "sk", "v", "ttl", "signal:*"]
    these = {"dynamodb:LeadingKeys": ["I#*"], "dynamodb:Attributes": attributes}
    assert granted["Condition"] == {"ForAllValues:StringLike": these}


def test_only_erasures_reach_what_a_law_obliges_to_keep_and_none_reads_it(production: Template) -> None:
    reaching = {who: granted["TableKept"] for who, granted in _grants(production).items() if "TableKept" in granted}
    assert reaching == {"CarryOutRequests": {"dynamodb:BatchWriteItem"}}


def test_the_partners_role_is_delivers_alone_and_is_known_to_partners_by_its_name(production: Template) -> None:
    [role] = [
        found["Properties"] for name, found in production.of_type("IAM::Role").items() if name.startswith("DeliverPart")
    ]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert role["RoleName"] == "jogakbo-production-partners"
    assert list(trust["Principal"]) == ["AWS"]
    assert trust["Principal"]["AWS"]["Fn::GetAtt"][0].startswith("DeliverRole")


def test_no_action_is_a_wildcard(production: Template) -> None:
    actions = {action for granted in _grants(production).values() for of in granted.values() for action in of}
    assert [action for action in actions if "*" in action] == []


def test_no_role_is_shared_and_none_has_a_managed_policy(production: Template) -> None:
    roles = [found["Properties"] for name, found in production.of_type("IAM::Role").items() if "Partners" not in name]
    used = [str(found["Properties"]["Role"]) for found in production.of_type("Lambda::Function").values()]
    used += [
        str(found["Properties"]["RoleArn"]) for found in production.of_type("StepFunctions::StateMachine").values()
    ]
    assert len(set(used)) == len(used) == len(roles)
    assert [role for role in roles if "ManagedPolicyArns" in role] == []
