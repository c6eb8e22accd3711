"""Gives each HTTP API of the local cloud an origin of its own, as a custom domain does in production:
`python -m local.front --emulator-port 4600 --serve 8001=<api id> --serve 8002=<api id>`."""

import argparse
import asyncio
import json
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from dataclasses import dataclass

HOST = "127.0.0.1"
CHUNK = 65_536
BACKLOG = 128
LINGER_SECONDS = 2.0
DOWN = "The local cloud does not answer. Remedy: make up"
NOT_HANDED_ON = (b"upgrade", b"http2-settings")  # The emulator would change to HTTP/2, which has no lines to read here.


@dataclass(frozen=True, slots=True)
class Head:
    """Of a request, its headers as they came."""

    method: bytes
    target: bytes
    version: bytes
    headers: tuple[tuple[bytes, bytes], ...]

    @classmethod
    def parse(cls, raw: bytes) -> "Head":
        """ValueError for what isn't HTTP/1 with a path."""
        line, *rest = raw.removesuffix(b"\r\n\r\n").split(b"\r\n")
        method, target, version = line.split(b" ")
        if not target.startswith(b"/"):
            raise ValueError(f"no path: {target!r}")
        pairs = (header.split(b":", 1) for header in rest)
        return cls(method, target, version, tuple((name, value.strip()) for name, value in pairs))

    def get(self, name: bytes) -> bytes:
        return b", ".join(value for known, value in self.headers if known.lower() == name)

    def handed_on(self, prefix: bytes, client: bytes) -> bytes:
        """To the API under `prefix`; says the client's address, last of those named, and the scheme."""
        forwarded = b", ".join(filter(None, (self.get(b"x-forwarded-for"), client)))
        dropped = (*NOT_HANDED_ON, b"x-forwarded-for", b"x-forwarded-proto")
        kept = [(name, value) for name, value in self.headers if name.lower() not in dropped]
        said = ((b"X-Forwarded-For", forwarded), (b"X-Forwarded-Proto", b"http"))
        lines = [name + b": " + value for name, value in (*kept, *said)]
        return b"\r\n".join([b" ".join((self.method, prefix + self.target, self.version)), *lines, b"", b""])


@dataclass(frozen=True, slots=True)
class Origin:
    """One API. Each connection has its own to the emulator; answers pass through as they are."""

    emulator_port: int
    api: str

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):  # Either side may hang up at any time.
            try:
                await self._serve(reader, writer)
            except (ValueError, asyncio.LimitOverrunError):
                await _answer(reader, writer, b"400 Bad Request", "This is not an HTTP/1.1 request.")
        writer.close()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        head = Head.parse(await reader.readuntil(b"\r\n\r\n"))
        try:
            answers, requests = await asyncio.open_connection(HOST, self.emulator_port)
        except OSError:
            await _answer(reader, writer, b"502 Bad Gateway", DOWN)
            return
        back = asyncio.create_task(_pump(answers, writer))
        client = writer.get_extra_info("peername")[0].encode()
        try:
            while True:
                requests.write(head.handed_on(f"/_aws/execute-api/{self.api}/$default".encode(), client))
                await _copy_body(head, reader, requests)
                head = Head.parse(await reader.readuntil(b"\r\n\r\n"))
        finally:
            requests.close()
            back.cancel()


async def _pump(reader: StreamReader, writer: StreamWriter) -> None:
    with suppress(ConnectionError):
        while part := await reader.read(CHUNK):
            writer.write(part)
            await writer.drain()
    writer.close()


async def _copy_body(head: Head, reader: StreamReader, writer: StreamWriter) -> None:
    if b"chunked" in head.get(b"transfer-encoding").lower():
        await _copy_chunks(reader, writer)
    else:
        await _copy(int(head.get(b"content-length") or 0), reader, writer)


async def _copy_chunks(reader: StreamReader, writer: StreamWriter) -> None:
    while size := int((line := await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        writer.write(line)
        await _copy(size + len(b"\r\n"), reader, writer)
    writer.write(line)
    while line != b"\r\n":  # trailers
        line = await reader.readuntil(b"\r\n")
        writer.write(line)
    await writer.drain()


async def _copy(count: int, reader: StreamReader, writer: StreamWriter) -> None:
    while count:
        part = await reader.readexactly(min(count, CHUNK))
        writer.write(part)
        await writer.drain()
        count -= len(part)


async def _answer(reader: StreamReader, writer: StreamWriter, status: bytes, message: str) -> None:
    body = json.dumps({"message": message}).encode()
    headers = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(b"HTTP/1.1 " + status + b"\r\n" + headers.encode() + body)
    await writer.drain()
    with suppress(TimeoutError):  # A close now would reset the connection under a client that is still sending.
        await asyncio.wait_for(_read_to_the_end(reader), LINGER_SECONDS)


async def _read_to_the_end(reader: StreamReader) -> None:
    while await reader.read(CHUNK):
        continue


def _served(text: str) -> tuple[int, str]:
    port, api = text.split("=")
    return int(port), api


async def _run(emulator_port: int, served: list[tuple[int, str]]) -> None:
    origins = [(Origin(emulator_port, api), port) for port, api in served]
    servers = [await asyncio.start_server(origin.serve, HOST, port, backlog=BACKLOG) for origin, port in origins]
    await asyncio.gather(*(server.serve_forever() for server in servers))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.front")
    parser.add_argument("--emulator-port", type=int, required=True)
    parser.add_argument("--serve", type=_served, action="append", required=True, metavar="PORT=API_ID")
    options = parser.parse_args()
    asyncio.run(_run(options.emulator_port, options.serve))


if __name__ == "__main__":
    main()
