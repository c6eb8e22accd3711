"""Signature Version 4: the headers by which AWS knows who sent a request, and that nobody changed it."""

import hmac
import time
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple


class Keys(NamedTuple):
    """Credentials. `token` is empty where they have none."""

    access: str
    secret: str
    token: str


class Signer(NamedTuple):
    """`service` is the name that AWS signs it by."""

    keys: Keys
    region: str
    service: str

    def signed(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, now: float | None = None
    ) -> dict[str, str]:
        """The headers with those of the signature. Names are in lower case, `host` is among them; `path` is quoted."""
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        signed = {**headers, "x-amz-date": stamp}
        if self.keys.token:
            signed["x-amz-security-token"] = self.keys.token
        names = sorted(signed)
        listed = ";".join(names)
        lines = (f"{name}:{signed[name]}" for name in names)
        request = "\n".join((method, path, "", *lines, "", listed, sha256(body).hexdigest()))
        scope = f"{stamp[:8]}/{self.region}/{self.service}/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        signature = hmac.digest(_key(self, stamp[:8]), text.encode(), "sha256").hex()
        said = f"Credential={self.keys.access}/{scope}, SignedHeaders={listed}, Signature={signature}"
        return {**signed, "authorization": f"AWS4-HMAC-SHA256 {said}"}


@lru_cache(maxsize=16)
def _key(signer: Signer, day: str) -> bytes:
    key = f"AWS4{signer.keys.secret}".encode()
    for part in (day, signer.region, signer.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
