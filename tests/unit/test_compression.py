"""Bytes told by their first bytes, and bombs that stop."""

import gzip

import pytest
import zstandard

from shared.contracts.compression import NotCompressedError, TooLargeError, deflate, inflate

DATA = b'{"a": 1}' * 1_000


@pytest.mark.parametrize("packed", [DATA, gzip.compress(DATA, mtime=0), deflate(DATA), zstandard.compress(DATA)])
def test_data_is_known_by_its_first_bytes(packed: bytes) -> None:
    assert inflate(packed, len(DATA)) == DATA
    with pytest.raises(TooLargeError):
        inflate(packed, len(DATA) - 1)


def test_files_and_frames_behind_each_other_are_one() -> None:
    assert inflate(gzip.compress(DATA, mtime=0) * 2, 1_000_000) == DATA * 2
    assert inflate(deflate(DATA) * 2, 1_000_000) == DATA * 2


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_bomb_stops_at_the_limit(pack: object) -> None:
    with pytest.raises(TooLargeError):
        inflate(pack(b"0" * 50_000_000) * 3, 1_000)  # type: ignore[operator]


@pytest.mark.parametrize(
    "data", [b"\x1f\x8b", b"\x1f\x8b\x08nonsense", gzip.compress(DATA, mtime=0)[:-9], deflate(DATA)[:8] + b"\xff" * 40]
)
def test_what_starts_like_a_format_and_is_broken_says_so(data: bytes) -> None:
    with pytest.raises(NotCompressedError):
        inflate(data, 1_000_000)


def test_a_frame_that_claims_terabytes_takes_no_memory() -> None:
    claims = b"\x28\xb5\x2f\xfd\xe0" + (2**44).to_bytes(8, "little") + b"\x01\x00\x00"
    with pytest.raises(ValueError):
        inflate(claims, 1_000)
