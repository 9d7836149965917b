"""
A DynamoDB that has its answers ready, in a process of its own.

What a client spends is then the client's: the server looks up bytes. Tables are named for what they
hold: `options-10000` so many options; with `-changing` at the end, each eventually consistent
reading of the whole table finds one changed option in every page.

It is a KMS as well, whose ciphertexts are the plaintexts; each `Decrypt` takes `DECRYPT_S`.
"""

from __future__ import annotations

import asyncio
import functools
import json
import ssl
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks._options import options, wire_item, wire_items

__all__ = ["DECRYPT_S", "running_server"]

ROOT = Path(__file__).parents[1]
PAGE_B = 1 << 20
"""Source: AWS, "Query": a page is at most 1 MB of items, by the rule of their size."""

DECRYPT_S = 0.02
"""Seconds that a call of KMS takes; a guess: one in the same region is of this order."""

SCHEMA = [
    {"AttributeName": "_store", "KeyType": "HASH"},
    {"AttributeName": "_option", "KeyType": "RANGE"},
]
ATTRIBUTES = [{"AttributeName": key["AttributeName"], "AttributeType": "S"} for key in SCHEMA]


def reply(body: bytes) -> bytes:
    """A whole HTTP response, as DynamoDB words it."""
    head = (
        "HTTP/1.1 200 OK\r\n"
        "Server: Server\r\n"
        "Date: Tue, 24 Nov 2026 00:00:00 GMT\r\n"
        "Content-Type: application/x-amz-json-1.0\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: keep-alive\r\n"
        "x-amzn-RequestId: J9Q2K4T1V7V4D0QGD2T5C0D9T3VV4KQNSO5AEMVJF66Q9ASUAAJG\r\n"
        f"x-amz-crc32: {zlib.crc32(body)}\r\n"
        "\r\n"
    )
    return head.encode() + body


def json_reply(content: object) -> bytes:
    """A response of this content, written without blanks, as DynamoDB does."""
    return reply(json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode())


def size_b(item: dict[str, dict[str, object]]) -> int:
    """About what DynamoDB counts for a flat item."""
    return sum(
        len(key) + len(str(content)) for key, wire in item.items() for content in wire.values()
    )


def count_of(table: str) -> int:
    """How many options a table holds, by its name."""
    return int(table.removesuffix("-changing").rpartition("-")[2])


@functools.cache
def item_reply(table: str) -> bytes:
    """The answer to GetItem."""
    return json_reply({"Item": wire_item("db", options(count_of(table))["db"])})


@functools.cache
def page_replies(table: str, variant: int) -> list[bytes]:
    """The answers to the Queries of the whole store; a variant differs in an option a page."""
    content = options(count_of(table))
    pages: list[list[dict[str, dict[str, object]]]] = [[]]
    room_b = PAGE_B
    for item in wire_items(content):
        room_b -= size_b(item)
        if room_b < 0:
            pages.append([])
            room_b = PAGE_B - size_b(item)
        pages[-1].append(item)
    replies = []
    for number, page in enumerate(pages, 1):
        if variant:
            page[0]["port"] = {"N": str(variant)}
        answer: dict[str, object] = {"Count": len(page), "Items": page}
        if number < len(pages):
            last = page[-1]
            # The option's name says where to go on; the server reads it back from the request.
            answer["LastEvaluatedKey"] = {"_store": last["_store"], "_option": last["_option"]}
            next_page_of[last["_option"]["S"], table] = number
        answer["ScannedCount"] = len(page)
        replies.append(json_reply(answer))
    return replies


next_page_of: dict[tuple[object, str], int] = {}
readings_of: dict[str, int] = {}

NOTHING = json_reply({})
EMPTY_QUERY = json_reply({"Count": 0, "Items": [], "ScannedCount": 0})


def answer_to(operation: str, body: bytes) -> bytes:
    """The response to a request; its operation in lower case, as a header's name may come."""
    request = json.loads(body)
    table = request["TableName"]
    is_journal = b"_journal:" in body
    if operation == "getitem":
        return NOTHING if is_journal else item_reply(table)
    if operation == "query":
        return EMPTY_QUERY if is_journal else page_reply(table, request)
    if operation == "describetable":
        description = {
            "AttributeDefinitions": ATTRIBUTES,
            "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
            "CreationDateTime": 1.6e9,
            "ItemCount": 0,
            "KeySchema": SCHEMA,
            "TableArn": f"arn:aws:dynamodb:eu-west-1:000000000000:table/{table}",
            "TableName": table,
            "TableSizeBytes": 0,
            "TableStatus": "ACTIVE",
        }
        return json_reply({"Table": description})
    raise ValueError(f"no answer is ready to {operation}")


def decrypted(body: bytes) -> bytes:
    """The response to KMS's Decrypt."""
    request = json.loads(body)
    return json_reply({"KeyId": request["KeyId"], "Plaintext": request["CiphertextBlob"]})


def page_reply(table: str, request: dict[str, dict[str, dict[str, str]]]) -> bytes:
    """The page that a Query asks for."""
    start = request.get("ExclusiveStartKey")
    is_consistent = request.get("ConsistentRead", False)
    if start is None and table.endswith("-changing") and not is_consistent:
        readings_of[table] = readings_of.get(table, 0) + 1
    replies = page_replies(table, readings_of.get(table, 0) % 2)
    return replies[0 if start is None else next_page_of[start["_option"]["S"], table]]


class Connection(asyncio.Protocol):
    """One client's connection, kept open as long as it likes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (split := self.received.find(b"\r\n\r\n")) >= 0:
            headers = dict(
                line.lower().split(b":", 1) for line in self.received[:split].split(b"\r\n")[1:]
            )
            end = split + 4 + int(headers.get(b"content-length", b"0"))
            if len(self.received) < end:
                return
            body, self.received = self.received[split + 4 : end], self.received[end:]
            operation = headers[b"x-amz-target"].rpartition(b".")[2].decode()
            if operation == "decrypt":
                loop = asyncio.get_running_loop()
                loop.call_later(DECRYPT_S, self.transport.write, decrypted(body))
            else:
                self.transport.write(answer_to(operation, body))


def tls_of(authority: Path) -> ssl.SSLContext:
    """TLS for this machine and for AWS's hosts of accounts; who trusts the authority trusts it."""
    # Not at the top: the tests ask the server without it.
    import trustme

    trusted = trustme.CA()
    trusted.cert_pem.write_to_path(str(authority))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trusted.issue_cert("127.0.0.1", "*.ddb.eu-west-1.amazonaws.com").configure_cert(context)
    return context


async def serve(authority: str = "") -> None:
    """Answer until standard input is closed; by TLS, with a certificate of a new authority."""
    loop = asyncio.get_running_loop()
    tls = tls_of(Path(authority)) if authority else None
    server = await loop.create_server(Connection, "127.0.0.1", 0, ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


@contextmanager
def running_server(authority: Path | None = None) -> Iterator[str]:
    """
    The URL of a server, which ends with the block, or with this process.

    Args:
        authority: The server is asked by TLS, and writes here whom its clients have to trust.
    """
    command = [sys.executable, "-m", "benchmarks._server", *([str(authority)] if authority else [])]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            scheme = "https" if authority else "http"
            yield f"{scheme}://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()
            process.wait(10)


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
