"""Starlette and FastAPI under uvicorn: one snapshot a request."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from confstore import TimeBasedConfigStore, open_store
from confstore.errors import StaleConfigError
from confstore.integrations.starlette import ConfigMiddleware, config_lifespan, snapshot
from confstore.testing import FakeClock
from confstore_memory import MemoryStore
from serving import ask, ask_until, serving

APPLICATION = """
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request

from confstore import TimeBasedConfigStore, health, open_store
from confstore.integrations.starlette import ConfigMiddleware, config_lifespan, snapshot

store = open_store()
app = FastAPI(lifespan=config_lifespan(lambda: TimeBasedConfigStore(store, update_interval=0.2)))
app.add_middleware(ConfigMiddleware)

Snapshot = Annotated[Any, Depends(snapshot)]


@app.get("/")
async def limit(config: Snapshot) -> int:
    return config["uploads"]["limit"]


@app.get("/change/{limit}")
def change(limit: int, request: Request, config: Snapshot) -> list[int]:
    before = config["uploads"]["limit"]
    store.set("uploads", {"limit": limit})
    request.state.live_config.reload()
    seen = [request.state.config, config, request.state.live_config.current]
    return [before, *(each["uploads"]["limit"] for each in seen)]


@app.get("/ready")
def ready(request: Request) -> bool:
    return health(request.state.live_config, max_age=60).is_ready
"""


@pytest.mark.slow("starts uvicorn")
def test_uvicorn(tmp_path: Path) -> None:
    """FastAPI under uvicorn sees a change live; a request sees no refresh in its middle."""
    url = f"file:{tmp_path / 'options.json'}"
    with open_store(url) as store:
        store.set("uploads", {"limit": 1})
        arguments = ("--fd", "{fd}", "--log-level", "warning")
        with serving(tmp_path, APPLICATION, "uvicorn", *arguments, CONFSTORE_URL=url) as server:
            assert ask(f"{server}/") == 1
            assert ask(f"{server}/ready") is True
            store.set("uploads", {"limit": 2})
            ask_until(f"{server}/", lambda answer: answer == 2)
            assert ask(f"{server}/change/3") == [2, 2, 2, 3]
            assert ask(f"{server}/") == 3


async def change(request: Request) -> JSONResponse:
    before = request.state.config["uploads"]["limit"]
    request.app.state.store.set("uploads", {"limit": before + 1})
    request.state.live_config.reload()
    assert await snapshot(request) is request.state.config
    after = request.state.config["uploads"]["limit"]
    return JSONResponse([before, after, request.state.live_config.uploads["limit"]])


async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    for _ in range(2):
        await websocket.receive_text()
        await websocket.send_json(websocket.state.config["uploads"]["limit"])
    await websocket.close()


ROUTES = [
    Route("/", change),
    Mount("/inner", routes=[Route("/", change)]),
    WebSocketRoute("/ws", talk),
]


def application(store: MemoryStore, config: TimeBasedConfigStore[Any], **options: Any) -> Starlette:
    app = Starlette(routes=ROUTES, **options)
    app.add_middleware(ConfigMiddleware, config=config)
    app.state.store = store
    return app


def test_config_of_ones_own(store: MemoryStore, config: TimeBasedConfigStore[Any]) -> None:
    """The middleware takes a config that was opened elsewhere; a mounted route has it, too."""
    with TestClient(application(store, config)) as client:
        assert client.get("/").json() == [1, 1, 2]
        assert client.get("/inner/").json() == [2, 2, 3]


def test_websocket(store: MemoryStore, config: TimeBasedConfigStore[Any]) -> None:
    """A websocket keeps its snapshot as long as it lives; the next one has the newest."""
    client = TestClient(application(store, config))
    for expected in (1, 2):
        with client.websocket_connect("/ws") as session:
            session.send_text("")
            assert session.receive_json() == expected
            store.set("uploads", {"limit": 2})
            config.reload()
            session.send_text("")
            assert session.receive_json() == expected


def test_lifespan_opens_in_a_thread_and_closes(store: MemoryStore) -> None:
    """The config is opened off the loop's thread, and closed when the application ends."""
    opened: list[tuple[TimeBasedConfigStore[Any], threading.Thread]] = []

    def open_config() -> TimeBasedConfigStore[Any]:
        opened.append((TimeBasedConfigStore(store), threading.current_thread()))
        return opened[0][0]

    async def live(lifespan: Any) -> threading.Thread:
        async with lifespan(None) as state:
            assert state["live_config"] is opened[0][0]
            return threading.current_thread()

    loop_thread = asyncio.run(live(config_lifespan(open_config)))
    ((config, thread),) = opened
    assert thread is not loop_thread
    with pytest.raises(Exception, match="closed"):
        config.reload()


def test_stale(store: MemoryStore, config: TimeBasedConfigStore[Any], clock: FakeClock) -> None:
    """A route that needs no configuration answers while it is too old; one that does gets why."""

    async def probe(request: Request) -> JSONResponse:
        return JSONResponse(hasattr(request.state, "config"))

    async def read(request: Request) -> JSONResponse:
        return JSONResponse(await snapshot(request))

    def refused(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse(str(error), 503)

    app = Starlette(
        routes=[Route("/probe", probe), Route("/read", read)],
        exception_handlers={StaleConfigError: refused},
    )
    app.add_middleware(ConfigMiddleware, config=config)
    client = TestClient(app)
    assert client.get("/probe").json() is True
    store.fail()
    clock.advance(2000)
    assert client.get("/probe").json() is False
    answer = client.get("/read")
    assert (answer.status_code, "max_stale is 1000 s" in answer.json()) == (503, True)


def test_no_config(store: MemoryStore) -> None:
    """Without a lifespan or a config the error says what to do."""
    app = Starlette(routes=ROUTES)
    app.add_middleware(ConfigMiddleware)
    with pytest.raises(RuntimeError, match="pass lifespan=config_lifespan"):
        TestClient(app).get("/")


def test_outer_middleware_keeps_its_state(
    store: MemoryStore, config: TimeBasedConfigStore[Any]
) -> None:
    """What an outer middleware put into the state stays, and it sees what a route puts there."""
    seen: list[Any] = []

    async def route(request: Request) -> JSONResponse:
        request.state.inner = request.state.outer + 1
        return JSONResponse(request.state.config["uploads"]["limit"])

    class Outer:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            state = Request(scope).state
            state.outer = 1
            await self.app(scope, receive, send)
            seen.append(state.inner)

    app = Starlette(routes=[Route("/", route)])
    app.add_middleware(ConfigMiddleware, config=config)
    assert TestClient(Outer(app)).get("/").json() == 1
    assert seen == [2]
