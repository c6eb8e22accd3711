"""The partner's side as a CDK app: a bus that lets one role in, a queue behind it, dead letters and an alarm.

`cdk deploy --parameters CompanyAccount=111122223333`. It also writes ../template.json, for those without CDK.
"""

import json
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

SOURCE = "jogakbo"
HERE = Path(__file__).parent
TYPES = sorted(path.stem.replace("_", " ").title() for path in (HERE.parent / "samples").glob("*.json"))
"""Every fact there is; take away what you don't want."""


class PartnerStack(cdk.Stack):
    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(
            scope,
            name,
            description="Facts of Jogakbo: a bus, a queue, dead letters, an alarm",
            synthesizer=cdk.BootstraplessSynthesizer(),
            analytics_reporting=False,
        )
        company_account = self._parameter("CompanyAccount", "AWS account of the company", pattern="[0-9]{12}")
        stage = self._parameter("Stage", "Stage of the company's deployment", default="production")
        bus = self._parameter("BusName", "Name of the bus to make", default="jogakbo")
        self.bus = events.EventBus(self, "Bus", event_bus_name=bus)
        self._let_in(f"arn:{self.partition}:iam::{company_account}:role/jogakbo-{stage}-partners", company_account)
        dead = self._queue("DeadLetters", f"{bus}-dlq", None)
        facts = self._queue("Facts", f"{bus}-facts", dead)
        events.Rule(
            self,
            "FactsToQueue",
            event_bus=self.bus,
            event_pattern=events.EventPattern(source=[SOURCE], account=[company_account]),
            targets=[targets.SqsQueue(facts, dead_letter_queue=dead)],
        )
        cloudwatch.Alarm(
            self,
            "DeadLettersAlarm",
            metric=dead.metric_approximate_number_of_messages_visible(),
            threshold=1,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        cdk.CfnOutput(self, "BusArn", value=self.bus.event_bus_arn)
        cdk.CfnOutput(self, "FactsQueueUrl", value=facts.queue_url)
        cdk.CfnOutput(self, "DeadLettersUrl", value=dead.queue_url)

    def _parameter(self, name: str, description: str, default: str | None = None, pattern: str | None = None) -> str:
        made = cdk.CfnParameter(self, name, description=description, default=default, allowed_pattern=pattern)
        return made.value_as_string

    def _let_in(self, role: str, company_account: str) -> None:
        """By condition, since a principal that is a role goes blank when the role is made anew."""
        statement = iam.PolicyStatement(
            sid="jogakbo",
            principals=[iam.AccountPrincipal(company_account)],
            actions=["events:PutEvents"],
            resources=[self.bus.event_bus_arn],
            conditions={
                "ArnEquals": {"aws:PrincipalArn": role},
                "StringEquals": {"events:source": SOURCE, "events:detail-type": TYPES},
            },
        )
        events.CfnEventBusPolicy(
            self,
            "LetIn",
            event_bus_name=self.bus.event_bus_name,
            statement_id="jogakbo",
            statement=statement.to_statement_json(),
        )

    def _queue(self, name: str, physical: str, dead: sqs.Queue | None) -> sqs.Queue:
        return sqs.Queue(
            self,
            name,
            queue_name=physical,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=5) if dead else None,
        )


def main() -> None:
    app = cdk.App()
    stack = PartnerStack(app, "JogakboPartner")
    made = app.synth().get_stack_by_name(stack.stack_name).template
    (HERE.parent / "template.json").write_text(json.dumps(made, indent=2) + "\n")


if __name__ == "__main__":
    main()
