"""Bytes plain, gzip or zstd, told by their first bytes, and never inflated past a limit: a bomb stops there."""

import io
import zlib

import zstandard

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_LEVEL = 3
_WINDOW_BYTES = 8 * 1024 * 1024


class TooLargeError(ValueError):
    """Inflated, this is more than the limit."""


class NotCompressedError(ValueError):
    """It starts like gzip or zstd and isn't."""


def inflate(data: bytes, most: int) -> bytes:
    """At most `most` bytes. TooLargeError above that, NotCompressedError where the data is broken.

    A zstd frame that ends early gives what there is of it.
    """
    if data.startswith(_GZIP):
        data = _gunzip(data, most)
    elif data.startswith(_ZSTD):
        data = _unzstd(data, most)
    if len(data) > most:
        raise TooLargeError(f"more than {most} bytes")
    return data


def deflate(data: bytes) -> bytes:
    """zstd."""
    return zstandard.ZstdCompressor(level=_LEVEL).compress(data)


def _gunzip(data: bytes, most: int) -> bytes:
    """All members of a gzip file, one byte past the limit at most."""
    parts: list[bytes] = []
    room = most + 1
    while data and room > 0:
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            parts.append(member.decompress(data, room))
        except zlib.error as error:
            raise NotCompressedError("broken gzip") from error
        room -= len(parts[-1])
        if room > 0 and not member.eof:
            raise NotCompressedError("gzip ends early")
        data = member.unused_data
    return b"".join(parts)


def _unzstd(data: bytes, most: int) -> bytes:
    # A frame may claim any size in its header: only the stream reader doesn't believe it.
    decompressor = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES)
    try:
        with decompressor.stream_reader(io.BytesIO(data), read_across_frames=True) as reader:
            return reader.read(most + 1)
    except zstandard.ZstdError as error:
        raise NotCompressedError("broken zstd") from error
