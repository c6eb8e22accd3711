"""Every place where people are kept, in the order in which they leave it: what leads to others goes last."""

from collections.abc import Mapping

from functions.carry_out_requests.listed import InFiles, OnLists
from functions.carry_out_requests.named_items import SharedIdentifiers, Texts, undecided, unsaid
from functions.carry_out_requests.noting import GROUP_ITEMS, TEXTS
from functions.carry_out_requests.other_requests import OtherRequests
from functions.carry_out_requests.others import OthersEvents
from functions.carry_out_requests.own_items import (
    Items,
    own_consents,
    own_entries,
    own_events,
    own_identifiers,
    own_profiles,
)
from functions.carry_out_requests.quarantined import Quarantined
from functions.carry_out_requests.working import Place, Work


def _profiles(work: Work) -> str:
    return work.doors.profiles.profiles_table


def _ledger(work: Work) -> str:
    return work.doors.ledger


PLACES: Mapping[str, Place] = {
    "lists": OnLists(),
    "outbound_files": InFiles(),
    "others_events": OthersEvents(),
    "events": Items(lambda work: work.doors.events.table, own_events),
    "groups": Texts(_profiles, GROUP_ITEMS, unsaid),
    "contested_devices": SharedIdentifiers(),
    "identifiers": Items(_profiles, own_identifiers),
    "profiles": Items(_profiles, own_profiles),
    "others_decisions": Texts(_ledger, TEXTS, undecided),
    "decisions": Items(_ledger, own_entries),
    "consent_records": Items(_ledger, own_consents),
    "quarantine": Quarantined(),
    "requests": OtherRequests(),
}
"""By the name that the receipt gives it."""
