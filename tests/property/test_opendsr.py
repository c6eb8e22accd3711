"""Whatever JSON a controller sends is a request, or it is told what is wrong; no value of a person comes back."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.opendsr import ErrorBody, asked
from shared.domain.identifiers import NAMING
from shared.domain.opendsr import Asked

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
DOMAIN = "privacy.example.com"
MARK = "j4ne-d03"
"""In every value that might be a person's."""

values = st.text(max_size=20).map(lambda text: f"{MARK}{text}")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(values, inner, max_size=3),
    max_leaves=8,
)
identities = st.fixed_dictionaries(
    {
        "identity_type": st.sampled_from(["email", "controller_customer_id", "android_id"]) | values,
        "identity_value": values | json_values,
        "identity_format": st.sampled_from(["raw", "md5", "sha256"]) | values,
    }
)
usual: dict[str, st.SearchStrategy[Any]] = {
    "regulation": st.sampled_from(["gdpr", "ccpa"]),
    "subject_request_id": st.uuids(version=4).map(str),
    "subject_request_type": st.sampled_from(["access", "portability", "erasure"]),
    "submitted_time": st.just("2026-11-20T18:00:00+09:00"),
    "subject_identities": st.lists(identities, max_size=3),
    "api_version": st.sampled_from(["1.0", "2.0"]),
    "status_callback_urls": st.just(["https://controller.example/"]) | st.lists(values, max_size=2),
    "extensions": st.dictionaries(
        st.just(DOMAIN) | values, st.fixed_dictionaries({"identifiers": st.lists(values, max_size=3)}) | json_values
    ),
}
bodies = st.fixed_dictionaries(
    {}, optional={name: good | json_values for name, good in usual.items()}
) | st.fixed_dictionaries(usual)


@given(bodies)
def test_any_body_is_a_request_or_is_told_what_is_wrong_without_a_value_of_it(body: dict[str, Any]) -> None:
    found = asked(body, DOMAIN, NOW, NAMING)
    if isinstance(found, Asked):
        assert found.identities
        return
    told = json.loads(ErrorBody.of(400, found).model_dump_json())["error"]
    assert told["code"] == 400
    assert told["errors"]
    assert all(set(one) == {"domain", "reason", "message"} for one in told["errors"])
    assert MARK not in json.dumps(told)
