"""Reads on asyncio loops: whose connections they are, and what they wait for."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import trustme
from botocore.credentials import DeferredRefreshableCredentials

from confstore.aio import AsyncSimpleConfigStore, AsyncStore, open_store
from confstore.errors import (
    AccessDeniedError,
    ConfigStoreError,
    OptionNotFoundError,
    StoreClosedError,
    StoreUnavailableError,
)
from confstore_dynamodb import DynamoDBStore, open_url
from forked import fork
from loops import LOOPS, Run

from ..raw_server import RawServer, Say, acknowledged, never, reply_of, say
from .sessions import each_session, with_credentials
from .test_refreshing_credentials import Rotating
from .ways import without_botocore


def item_of(port: int) -> bytes:
    item = {"_store": {"S": "prod"}, "_option": {"S": "db"}, "port": {"N": str(port)}}
    return reply_of(json.dumps({"Item": item}).encode())


GOOD = item_of(1)
DB = {"port": 1}


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Run:
    chosen: Run = request.param
    return chosen


@pytest.fixture
def server() -> Iterator[RawServer]:
    """A server that sends exactly what a test says."""
    with RawServer() as server:
        server.answer("GetItem", say(GOOD))
        yield server


def url_of(server: RawServer, more: str = "") -> str:
    return f"dynamodb://config/prod?region=eu-west-1&endpoint_url={server.url}{more}"


async def opened(server: RawServer, more: str = "") -> AsyncStore:
    return await open_store(url_of(server, more))


def say_once(
    may_answer: threading.Event, reply: bytes, *, asked: threading.Event | None = None
) -> Say:
    """Say that a request has come, and send its reply once that is allowed."""

    def late(server: RawServer, connection: socket.socket) -> None:
        if asked is not None:
            asked.set()
        assert may_answer.wait(30)
        connection.sendall(reply)

    return late


def on_loop(store: AsyncStore) -> bool:
    blocking: Any = store.store
    return bool(blocking.reads_on_loop())


# ---------------------------------------------------------------- loops


def test_no_thread_takes_part(run: Run, server: RawServer) -> None:
    """Once the store is open, reads use the loop and no thread."""

    async def use() -> None:
        async with await opened(server) as store:
            assert on_loop(store)
            before = set(threading.enumerate())
            config = AsyncSimpleConfigStore(store)
            assert await asyncio.gather(*[config.get("db") for _ in range(20)]) == [DB] * 20
            started = {thread.name for thread in set(threading.enumerate()) - before}
            assert not any(name.startswith("confstore") for name in started)

    run(use())


def test_loop_after_loop(run: Run, server: RawServer) -> None:
    """A store serves one loop after the other; each closes its own connections."""
    store = AsyncStore(open_url(url_of(server)))
    for number in range(1, 4):
        assert run(store.get("db")) == DB
        assert run(store.get("db")) == DB
        # One of the table's check, and one of each loop.
        assert server.connections == 1 + 2 * number
        assert server.closed.wait(30)
    run(store.close())


def test_two_loops_at_once(run: Run, server: RawServer) -> None:
    """Two loops in two threads read at the same time, each over its own connections."""
    store = AsyncStore(open_url(url_of(server)))
    meet = threading.Barrier(2)

    async def use() -> list[Any]:
        meet.wait(30)
        return [await store.get("db") for _ in range(50)]

    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda _: run(use()), range(2)))
    assert found == [[DB] * 50] * 2
    assert server.connections == 3
    run(store.close())


def test_limit_of_connections(run: Run, server: RawServer) -> None:
    """A thousand tasks share a limited number of connections."""

    async def use() -> None:
        async with await opened(server) as store:
            found = await asyncio.gather(*[store.get("db") for _ in range(1000)])
            assert found == [DB] * 1000
            # On a busy machine a request can take longer than its limit; it is sent again, anew.
            repeated = server.requests.count("GetItem") - 1000
            assert server.connections <= 65 + repeated

    run(use())


def test_cancelled_in_the_middle(run: Run, server: RawServer) -> None:
    """A reply that comes for a cancelled task is never taken for somebody else's."""
    asked, may_answer = threading.Event(), threading.Event()

    late = say_once(may_answer, item_of(7), asked=asked)
    server.answer("GetItem", say(GOOD), late, say(GOOD))

    async def use() -> None:
        async with await opened(server) as store:
            await store.get("db")
            task = asyncio.ensure_future(store.get("db"))
            await store.run(asked.wait, 30)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            may_answer.set()
            assert [await store.get("db") for _ in range(5)] == [DB] * 5

    run(use())
    assert server.connections == 3


def test_bytes_that_came_since_the_last_turn(run: Run, server: RawServer) -> None:
    """A reply that nobody asked for is not the next one's, even if the loop has not seen it yet."""
    may_send, connections = threading.Event(), []

    def twice(server: RawServer, connection: socket.socket) -> None:
        connection.sendall(GOOD)
        assert may_send.wait(30)
        connection.sendall(item_of(7))
        connections.append(connection)

    server.answer("GetItem", say(GOOD), twice, say(GOOD))

    async def use() -> None:
        async with await opened(server) as store:
            await store.get("db")
            assert await store.get("db") == DB
            # From here to the next read the loop has no turn.
            may_send.set()
            while not connections:
                pass
            acknowledged(connections[0])
            assert await store.get("db") == DB

    run(use())
    assert server.connections == 3
    assert server.requests.count("GetItem") == 3


def test_cancelled_while_it_waits_for_its_turn(run: Run, server: RawServer) -> None:
    """A task that is cancelled before it may ask, or as it was about to, keeps nobody waiting."""
    may_answer = threading.Event()

    server.answer("GetItem", say_once(may_answer, GOOD))

    async def use() -> None:
        async with await opened(server) as store:
            tasks = [asyncio.ensure_future(store.get("db")) for _ in range(70)]
            while len(server.requests) < 65:
                await asyncio.sleep(0)
            tasks[69].cancel()
            # As if its turn had come in the same moment.
            tasks[0].add_done_callback(lambda _: tasks[64].cancel())
            may_answer.set()
            found = await asyncio.gather(*tasks, return_exceptions=True)
            assert [number for number, one in enumerate(found) if one != DB] in ([64, 69], [69])

    run(use())


def test_cancelled_while_nobody_else_waits(run: Run, server: RawServer) -> None:
    """The only task that waits for its turn is cancelled: those that ask are answered."""
    may_answer = threading.Event()

    server.answer("GetItem", say_once(may_answer, GOOD))

    async def use() -> None:
        async with await opened(server) as store:
            asking = [asyncio.ensure_future(store.get("db")) for _ in range(64)]
            waiting = asyncio.ensure_future(store.get("db"))
            while len(server.requests) < 65:
                await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            may_answer.set()
            assert await asyncio.gather(*asking, store.get("db")) == [DB] * 65

    run(use())


def test_close_under_load(run: Run, server: RawServer) -> None:
    """What is under way ends well, and what comes later finds the store closed."""
    asked, may_answer = threading.Event(), threading.Event()

    server.answer("GetItem", say_once(may_answer, GOOD, asked=asked))

    async def use() -> None:
        store = await opened(server)
        tasks = [asyncio.ensure_future(store.get("db")) for _ in range(10)]
        await asyncio.get_running_loop().run_in_executor(None, asked.wait, 30)
        await store.close()
        may_answer.set()
        assert await asyncio.gather(*tasks) == [DB] * 10
        with pytest.raises(StoreClosedError):
            await store.get("db")

    run(use())


def test_fork_under_a_running_loop(server: RawServer) -> None:
    """A child reads over connections of its own, while its parent waits for a reply."""
    asked, may_answer = threading.Event(), threading.Event()

    def late(server: RawServer, connection: socket.socket) -> None:
        asked.set()
        assert may_answer.wait(60)
        connection.sendall(item_of(7))

    server.answer("GetItem", say(GOOD), late, say(GOOD))

    async def use() -> None:
        async with await opened(server) as store:
            await store.get("db")
            task = asyncio.ensure_future(store.get("db"))
            await asyncio.get_running_loop().run_in_executor(None, asked.wait, 30)

            def child() -> object:
                async def both() -> object:
                    return [await store.get("db"), await store.get("db"), on_loop(store)]

                return asyncio.run(both())

            assert fork(child).join() == str([DB, DB, True])
            may_answer.set()
            assert await task == {"port": 7}
            assert await store.get("db") == DB

    asyncio.run(use())


# ---------------------------------------------------------------- who may read on the loop


def test_given_client_blocks(run: Run, server: RawServer) -> None:
    """A caller's client is asked in threads."""
    client = boto3.client("dynamodb", endpoint_url=server.url)

    async def use() -> None:
        async with AsyncStore(DynamoDBStore(client, "config", "prod")) as store:
            assert not on_loop(store)
            assert await store.get("db") == DB

    run(use())
    client.close()


def test_botocores_way_blocks(run: Run, server: RawServer) -> None:
    """So is botocore, where the URL asks for it."""

    async def use() -> None:
        async with await opened(server, "&client=botocore") as store:
            assert not on_loop(store)
            assert await store.get("db") == DB

    run(use())


def test_listener_is_heard(run: Run, server: RawServer) -> None:
    """As soon as somebody listens to botocore's events, botocore's own client is asked."""

    async def use() -> None:
        apis: list[Any] = []
        with each_session(apis.append):
            store = await opened(server)
        async with store:
            assert on_loop(store)
            events = apis[0].get_component("event_emitter")
            events.register("after-call.dynamodb", lambda **_: None)
            assert not on_loop(store)
            assert await store.get("db") == DB

    run(use())
    assert "Botocore/" in server.heads[-1]["user-agent"]


def test_listener_that_comes_between_two_pages(run: Run, server: RawServer) -> None:
    """What was begun on the loop goes on in a thread, as soon as somebody listens."""

    def page(option: str, more: dict[str, Any]) -> bytes:
        item = {"_store": {"S": "prod"}, "_option": {"S": option}, "port": {"N": "1"}}
        return reply_of(json.dumps({"Items": [item], "Count": 1, **more}).encode())

    key = {"_store": {"S": "prod"}, "_option": {"S": "a"}}
    server.answer("Query", say(page("a", {"LastEvaluatedKey": key})), say(page("b", {})))

    async def use() -> None:
        sessions: list[Any] = []
        with each_session(sessions.append):
            store = await opened(server)
        async with store:
            items = store.items()
            assert (await anext(items))[0] == "a"
            events = sessions[0].get_component("event_emitter")
            events.register("after-call.dynamodb", lambda **_: None)
            assert [option async for option, _ in items] == ["b"]

    run(use())
    agents = [head["user-agent"] for head in server.heads[-2:]]
    assert agents[0] == "confstore-dynamodb"
    assert "Botocore/" in agents[1]


def test_first_read_checks_the_table(run: Run, server: RawServer) -> None:
    """A store that is opened to be read blocks a thread once, and is read on the loop then."""

    async def use() -> None:
        async with open_store(url_of(server), purpose="read") as store:
            assert not on_loop(store)
            assert await store.get("db") == DB
            assert on_loop(store)
            assert await store.get("db") == DB

    run(use())
    assert server.requests == ["DescribeTable", "GetItem", "GetItem"]


def test_moto_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever answers before a request is sent, as moto does, answers on the loop, too."""
    from moto import mock_aws

    async def use() -> None:
        url = "dynamodb://config/prod?region=eu-west-1"
        async with open_store(url, purpose="create") as store:
            await store.set("db", DB)
            assert on_loop(store)
            assert await store.get("db") == DB
            assert [found async for found in store.items()] == [("db", DB)]

    with mock_aws():
        asyncio.run(use())


def test_request_that_is_sent_elsewhere(run: Run, server: RawServer) -> None:
    """A handler that sends requests elsewhere has botocore send them, in a thread."""
    with RawServer() as other:
        other.answer("GetItem", say(item_of(7)))

        def redirect(request: Any, **_: Any) -> None:
            if other.acts("GetItem") and is_open:
                request.url = other.url

        is_open: list[bool] = []

        async def use() -> None:
            with each_session(lambda s: s.register("before-send.dynamodb", redirect)):
                store = await opened(server)
            async with store:
                is_open.append(True)
                assert on_loop(store)
                assert await store.get("db") == {"port": 7}

        run(use())


def test_name_that_is_unknown(server: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that cannot be resolved is an endpoint that cannot be reached."""

    async def use() -> None:
        async with await opened(server) as store:

            def fail(*_: Any, **__: Any) -> Any:
                raise socket.gaierror

            monkeypatch.setattr(socket, "getaddrinfo", fail)
            with pytest.raises(StoreUnavailableError, match="EndpointConnectionError"):
                await store.get("db")
            assert await store.run(len, "") == 0

    asyncio.run(use())


def test_absent_option(run: Run, server: RawServer) -> None:
    """Errors are those of the blocking store."""
    server.answer("GetItem", say(reply_of(b"{}")))

    async def use() -> None:
        async with await opened(server) as store:
            with pytest.raises(OptionNotFoundError):
                await store.get("db")
            with pytest.raises(TypeError, match="keys"):
                await store.get("db", keys="port")

    run(use())


# ---------------------------------------------------------------- TLS


def test_certificate_that_changes(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loop believes nobody whom the blocking client would not believe, and asks once."""
    trusted, stranger = trustme.CA(), trustme.CA()
    trusted.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trusted.issue_cert("127.0.0.1").configure_cert(tls)
    with RawServer(tls) as server:
        server.answer("GetItem", say(GOOD))

        async def use() -> None:
            async with await opened(server) as store:
                stranger.issue_cert("127.0.0.1").configure_cert(tls)
                with pytest.raises(StoreUnavailableError, match="SSLError"):
                    await store.get("db")
                assert server.connections == 2
                trusted.issue_cert("another.example").configure_cert(tls)
                with pytest.raises(StoreUnavailableError, match="SSLError"):
                    await store.get("db")
                assert server.connections == 3
                yesterday = datetime.now(UTC) - timedelta(days=1)
                trusted.issue_cert("127.0.0.1", not_after=yesterday).configure_cert(tls)
                with pytest.raises(StoreUnavailableError, match="SSLError"):
                    await store.get("db")
                assert server.connections == 4
                trusted.issue_cert("127.0.0.1").configure_cert(tls)
                assert [await store.get("db") for _ in range(3)] == [DB] * 3
                assert server.connections == 5

        run(use())
    assert server.requests == ["DescribeTable", "GetItem", "GetItem", "GetItem"]


class SlowTLS:
    """Sets TLS up on the second connection when it is told to, or not at all."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._connections = 0
        self.begun = threading.Event()
        self.may_go_on = threading.Event()
        self.is_refused = False
        self.says = b""

    def wrap_socket(self, connection: socket.socket, *, server_side: bool) -> ssl.SSLSocket:
        self._connections += 1
        if self._connections == 2:
            self.begun.set()
            if self.is_refused:
                # What is left unread would reset the connection.
                connection.recv(1 << 16)
                connection.sendall(self.says)
                connection.close()
                raise OSError
            assert self.may_go_on.wait(30)
        return self._tls.wrap_socket(connection, server_side=server_side)


@pytest.fixture
def slow_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """TLS of a server that the environment's bundle knows."""
    trusted = trustme.CA()
    trusted.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trusted.issue_cert("127.0.0.1").configure_cert(tls)
    return SlowTLS(tls)


def test_cancelled_while_it_connects(run: Run, slow_tls: Any) -> None:
    """A task that is cancelled while TLS is set up leaves nothing behind."""
    with RawServer(slow_tls) as server:
        server.answer("GetItem", say(GOOD))

        async def use() -> None:
            async with await opened(server) as store:
                task = asyncio.ensure_future(store.get("db"))
                assert await store.run(slow_tls.begun.wait, 30)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                slow_tls.may_go_on.set()
                assert await store.get("db") == DB

        run(use())
    assert server.requests.count("GetItem") == 1


@pytest.mark.slow("waits a second for TLS")
def test_handshake_that_takes_too_long(run: Run, slow_tls: Any) -> None:
    """A server that does not set TLS up in a second is asked again."""
    with RawServer(slow_tls) as server:
        server.answer("GetItem", say(GOOD))

        async def use() -> None:
            async with await opened(server) as store:
                assert await store.get("db") == DB
                slow_tls.may_go_on.set()

        run(use())
    assert server.connections == 3


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["end", "text"])
def test_handshake_that_fails(run: Run, slow_tls: Any, says: bytes) -> None:
    """A connection that ends within the handshake, or speaks no TLS, is made again."""
    slow_tls.is_refused, slow_tls.says = True, says
    with RawServer(slow_tls) as server:
        server.answer("GetItem", say(GOOD))

        async def use() -> None:
            async with await opened(server) as store:
                assert await store.get("db") == DB

        run(use())
    assert server.connections == 3


# ---------------------------------------------------------------- credentials


class Keys:
    """Credentials that expire, and are refreshed when a test lets them."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.refreshes = 0
        self.begun = threading.Event()
        self.may_end = threading.Event()
        self.may_end.set()
        self.error: Exception | None = None
        self.credentials: Any = DeferredRefreshableCredentials(
            self._refreshed, "test", time_fetcher=lambda: self.now
        )

    def go_on(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    def _refreshed(self) -> dict[str, str]:
        self.refreshes += 1
        self.begun.set()
        assert self.may_end.wait(60)
        if self.error is not None:
            raise self.error
        return {
            "access_key": f"key-{self.refreshes}",
            "secret_key": "secret",
            "token": "token",
            "expiry_time": (self.now + timedelta(minutes=60)).isoformat(),
        }


def test_credentials_are_refreshed_beside_the_loop(run: Run, server: RawServer) -> None:
    """While expired credentials are refreshed the loop goes on, and the refresh is one for all."""
    keys = Keys()

    async def use() -> None:
        with with_credentials(keys.credentials):
            store = await opened(server)
        async with store:
            assert await store.get("db") == DB
            keys.may_end.clear()
            keys.begun.clear()
            keys.go_on(70)
            tasks = [asyncio.ensure_future(store.get("db")) for _ in range(100)]
            while not keys.begun.is_set():
                # The loop turns.
                await asyncio.sleep(0)
            tasks[0].cancel()
            keys.may_end.set()
            found = await asyncio.gather(*tasks, return_exceptions=True)
            assert found[1:] == [DB] * 99
            assert keys.refreshes == 2
            assert "key-2/" in server.heads[-1]["authorization"]

    run(use())


def test_older_credentials_go_on(run: Run, server: RawServer) -> None:
    """Credentials that are still valid are used while others are fetched."""
    keys = Keys()

    async def use() -> None:
        with with_credentials(keys.credentials):
            store = await opened(server)
        async with store:
            keys.may_end.clear()
            keys.begun.clear()
            keys.go_on(50)
            # Not before a second after the last refresh.
            while not keys.begun.is_set():
                assert await store.get("db") == DB
            assert "key-1/" in server.heads[-1]["authorization"]
            keys.may_end.set()

    run(use())


def test_refresh_that_fails(run: Run, server: RawServer) -> None:
    """A refresh that fails is the error of everybody who needs it."""
    keys = Keys()

    async def use() -> None:
        with with_credentials(keys.credentials):
            store = await opened(server)
        async with store:
            keys.error = OSError("nobody there")
            keys.go_on(70)
            found = await asyncio.gather(
                *[store.get("db") for _ in range(5)], return_exceptions=True
            )
            assert all(isinstance(error, ConfigStoreError) for error in found)
            keys.error = None
            assert await store.get("db") == DB

    run(use())


@pytest.mark.slow("waits for credentials for ten seconds")
def test_refresh_that_hangs(server: RawServer) -> None:
    """A refresh that never ends is an error after ten seconds, in which the loop turns."""
    keys = Keys()
    turns = 0

    async def use() -> None:
        nonlocal turns
        with with_credentials(keys.credentials):
            store = await opened(server)
        async with store:
            keys.may_end.clear()
            keys.go_on(70)
            task = asyncio.ensure_future(store.get("db"))
            while not task.done():
                turns += 1
                await asyncio.sleep(0.1)
            with pytest.raises(StoreUnavailableError, match="CredentialRetrievalError"):
                await task
            keys.may_end.set()
            assert await store.get("db") == DB

    asyncio.run(use())
    assert turns > 10


def test_loop_that_ends_within_a_refresh(server: RawServer) -> None:
    """A loop that is gone when its credentials come harms nobody."""
    keys = Keys()
    with with_credentials(keys.credentials):
        store = AsyncStore(open_url(url_of(server)))
    keys.may_end.clear()
    keys.begun.clear()
    keys.go_on(70)

    async def use() -> None:
        task = asyncio.ensure_future(store.get("db"))
        while not keys.begun.is_set():
            await asyncio.sleep(0)
        task.cancel()

    asyncio.run(use())
    keys.may_end.set()
    for thread in threading.enumerate():
        if thread.name.startswith("confstore-key"):
            thread.join(30)
    assert asyncio.run(store.get("db")) == DB
    asyncio.run(store.close())


def test_hosts_of_accounts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The first read of each account shows its host, which the later ones ask on the loop."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("*.ddb.eu-west-1.amazonaws.com").configure_cert(tls)
    monkeypatch.setenv("NO_PROXY", "*")
    resolve = socket.getaddrinfo
    accounts = [f"11112222333{number}" for number in range(6)]
    credentials = Rotating("local", "local")
    with RawServer(tls) as server:
        server.answer("GetItem", say(GOOD))

        def here(host: str, port: Any, *more: Any, **named: Any) -> Any:
            return resolve("127.0.0.1", server.port, **named)

        async def use() -> None:
            credentials.accounts = accounts
            monkeypatch.setattr(socket, "getaddrinfo", here)
            with with_credentials(credentials):
                store = await open_store("dynamodb://config/prod?region=eu-west-1")
            async with store:
                for _ in range(2):
                    for account in accounts:
                        credentials.accounts = [account]
                        for _ in range(2):
                            assert await store.get("db") == DB
                        host = f"{account}.ddb.eu-west-1.amazonaws.com"
                        assert server.heads[-1]["host"] == host
                # Six in threads; on the loop few hosts are kept open.
                assert server.connections == 6 + 12

        asyncio.run(use())


def test_child_closes_nothing_of_its_parent(server: RawServer) -> None:
    """A child that closes its store leaves the parent's connections alone."""

    async def use() -> None:
        async with await opened(server, "&client=alone") as store:
            await store.get("db")
            assert fork(lambda: asyncio.run(store.close())).join() == "None"
            assert await store.get("db") == DB

    with without_botocore():
        asyncio.run(use())
    # One of the table's check, and one of the loop.
    assert server.connections == 2


def test_no_credentials_any_more(
    run: Run, server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable that went away is the same error as for the blocking client."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "f")
    with without_botocore():

        async def use() -> None:
            async with await opened(server) as store:
                assert await store.get("db") == DB
                monkeypatch.delenv("AWS_ACCESS_KEY_ID")
                with pytest.raises(AccessDeniedError, match="NoCredentialsError"):
                    await store.get("db")

        run(use())


@pytest.mark.slow("an exchange runs into its limit of two seconds")
def test_timeout(run: Run, server: RawServer) -> None:
    """An exchange that is late is tried again."""
    server.answer("GetItem", never, say(GOOD))

    async def use() -> None:
        async with await opened(server) as store:
            assert await store.get("db") == DB

    run(use())
    assert server.requests.count("GetItem") == 2
    # The table's check, the late one, which is never used again, and the other.
    assert server.connections == 3


def test_address_that_refuses(server: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several addresses the first one that answers is used; without one the error says so."""
    resolve = socket.getaddrinfo

    async def use() -> None:
        async with await opened(server) as store:

            def several(*where: Any, **named: Any) -> Any:
                [(family, kind, protocol, name, _)] = found = resolve(*where, **named)
                return [(family, kind, protocol, name, ("127.0.0.1", 1)), *found]

            monkeypatch.setattr(socket, "getaddrinfo", several)
            assert await store.get("db") == DB
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        async with await opened(server) as store:
            dead = socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1)
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [dead])
            with pytest.raises(StoreUnavailableError, match="EndpointConnectionError"):
                await store.get("db")

    asyncio.run(use())


@pytest.mark.slow("sends a reply that is longer than the first limit of two seconds")
def test_long_reply_has_more_time(run: Run, server: RawServer) -> None:
    """A reply of megabytes may take a second more for each."""
    text = "x" * 3_000_000
    item = {"_store": {"S": "prod"}, "_option": {"S": "db"}, "text": {"S": text}}
    reply = reply_of(json.dumps({"Item": item}).encode())

    def slowly(server: RawServer, connection: socket.socket) -> None:
        connection.sendall(reply[:1000])
        server.is_over.wait(2.2)
        connection.sendall(reply[1000:])

    server.answer("GetItem", slowly)

    async def use() -> None:
        async with await opened(server) as store:
            assert await store.get("db") == {"text": text}

    run(use())
    assert server.requests.count("GetItem") == 1


@pytest.mark.slow("keeps the loop busy for longer than the limit of an exchange")
def test_busy_loop(run: Run, server: RawServer) -> None:
    """A reply that came in time counts, even if the loop looks at it too late."""
    has_answered = threading.Event()

    def answer(server: RawServer, connection: socket.socket) -> None:
        connection.sendall(GOOD)
        has_answered.set()

    server.answer("GetItem", say(GOOD), answer, say(GOOD))

    async def use() -> None:
        async with await opened(server) as store:
            await store.get("db")
            task = asyncio.ensure_future(store.get("db"))
            while len(server.requests) < 3:
                await asyncio.sleep(0)
            # Not a sleep of the loop: it stands still.
            has_answered.wait(30)
            server.is_over.wait(2.2)
            assert await task == DB
            assert await store.get("db") == DB

    run(use())
    assert server.requests.count("GetItem") == 3
    assert server.connections == 2


@pytest.mark.slow("waits until the timer of an exchange has come")
def test_timer_without_an_exchange(run: Run, server: RawServer) -> None:
    """A connection that nobody uses is kept when the timer of its last exchange comes."""

    async def use() -> None:
        async with await opened(server) as store:
            assert await store.get("db") == DB
            await store.run(server.is_over.wait, 2.2)
            assert await store.get("db") == DB
        assert server.connections == 2

    run(use())
