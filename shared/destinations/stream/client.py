"""Puts one fact on a queue of SQS or a stream of Kinesis, in the region of its ARN."""

from functools import partial

from shared.aws.outlets import put_record, send_message
from shared.destinations.contract import Answer, Around, Parcel, Send
from shared.destinations.stream.mapping import message_of, where

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "KMS.AccessDeniedException", "KMSAccessDeniedException"})
_MISSING = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "ResourceNotFoundException"})


def ready(parcel: Parcel, around: Around) -> Send | Answer:
    if parcel.destination.stream is None:
        return Answer("refused", "stream_missing")
    return partial(_send, parcel.destination.stream.arn, parcel)


def _send(arn: str, parcel: Parcel) -> Answer:
    body, whose, about = message_of(parcel)
    to = where(arn)
    if to.service == "sqs":
        failure = send_message(to.region, to.account, to.name, body, about)
    else:
        failure = put_record(to.region, arn, whose, body)
    if not failure:
        return Answer("delivered")
    if failure in _DENIED:
        return Answer("retry", "not_granted_to_role")
    return Answer("retry", "not_there" if failure in _MISSING else "service")
