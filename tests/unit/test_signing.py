"""Signatures are botocore's: of any request that a client of ours may send."""

from urllib.parse import quote

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from shared.aws.signing import Keys, Signer

WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
KEYS = st.builds(Keys, WORDS, WORDS, WORDS | st.just(""))
NAMES = st.from_regex("x-[a-z][a-z0-9-]{0,12}", fullmatch=True).filter(lambda name: not name.startswith("x-amz"))
PLACES = ("eu-west-1", "us-gov-west-1", "cn-north-1")


@given(
    st.builds(Signer, KEYS, st.sampled_from(PLACES), st.sampled_from(("dynamodb", "kinesis", "s3"))),
    st.text(max_size=20).map(lambda key: quote(f"/{key}", safe="/~")),
    st.dictionaries(NAMES, WORDS, max_size=4),
    st.binary(max_size=300),
    st.integers(0, 2**32),
)
def test_any_request_is_signed_as_botocore_signs_it(
    signer: Signer, path: str, headers: dict[str, str], body: bytes, now: int
) -> None:
    is_s3 = signer.service == "s3"
    headers |= {"host": "aws.test:4566"}
    ours = signer.signed("PUT" if is_s3 else "POST", path if is_s3 else "/", headers, body, now)
    request = AWSRequest("PUT" if is_s3 else "POST", f"https://aws.test:4566{path if is_s3 else '/'}", data=body)
    for name in ours.keys() - {"authorization"}:
        request.headers[name] = ours[name]
    request.context["timestamp"] = ours["x-amz-date"]
    auth = (Hashing if is_s3 else SigV4Auth)(Credentials(*signer.keys), signer.service, signer.region)
    text = auth.string_to_sign(request, auth.canonical_request(request))
    scope, names = auth.scope(request), auth.signed_headers(auth.headers_to_sign(request))
    assert ours["authorization"] == (
        f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, Signature={auth.signature(text, request)}"
    )


class Hashing(S3SigV4Auth):
    """Signs the body, as botocore does over plain HTTP."""

    def _should_sha256_sign_payload(self, request: AWSRequest) -> bool:
        return True


def test_the_key_of_another_day_is_another() -> None:
    signer = Signer(Keys("a", "s", ""), "eu-west-1", "dynamodb")
    days = [signer.signed("POST", "/", {"host": "h"}, b"", now) for now in (0.0, 86_400.0, 86_401.0)]
    assert [said["x-amz-date"] for said in days] == ["19700101T000000Z", "19700102T000000Z", "19700102T000001Z"]
    assert len({said["authorization"] for said in days}) == 3
