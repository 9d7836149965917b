"""Flask under gunicorn: one snapshot a request."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g, render_template_string

from confstore import TimeBasedConfigStore, open_store
from confstore.errors import StaleConfigError
from confstore.integrations.flask import init_app
from confstore.testing import FakeClock
from confstore_memory import MemoryStore
from serving import ask, ask_until, serving

APPLICATION = """
import os

from flask import Flask, current_app, g

from confstore import TimeBasedConfigStore, open_store
from confstore.integrations.flask import init_app

store = open_store()
app = Flask("app")
init_app(app, TimeBasedConfigStore(store, update_interval=0.2))


@app.get("/")
def limit():
    return [os.getpid(), g.config["uploads"]["limit"]]


@app.get("/change/<int:limit>")
def change(limit):
    before = g.config["uploads"]["limit"]
    store.set("uploads", {"limit": limit})
    live = current_app.extensions["confstore"]
    live.reload()
    return [before, g.config["uploads"]["limit"], live.uploads["limit"]]
"""

WORKERS = 2


@pytest.mark.slow("starts gunicorn with 2 workers")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="gunicorn needs fork")
def test_gunicorn(tmp_path: Path) -> None:
    """Each worker sees a change live; a request sees no refresh in its middle."""
    url = f"file:{tmp_path / 'options.json'}"
    with open_store(url) as store:
        store.set("uploads", {"limit": 1})
        arguments = ("--preload", "--workers", str(WORKERS), "--bind", "fd://{fd}")
        with serving(tmp_path, APPLICATION, "gunicorn", *arguments, CONFSTORE_URL=url) as server:
            seen: dict[int, int] = {}

            def all_see(limit: int) -> Any:
                def is_enough(answer: list[int]) -> bool:
                    seen[answer[0]] = answer[1]
                    return list(seen.values()) == [limit] * WORKERS

                return is_enough

            ask_until(f"{server}/", all_see(1))
            store.set("uploads", {"limit": 2})
            ask_until(f"{server}/", all_see(2))
            assert ask(f"{server}/change/3") == [2, 2, 3]
            ask_until(f"{server}/", all_see(3))


@pytest.fixture
def app(config: TimeBasedConfigStore[Any]) -> Flask:
    app = Flask("app")
    init_app(app, config)
    return app


def test_each_context_has_one(
    app: Flask, config: TimeBasedConfigStore[Any], store: MemoryStore
) -> None:
    """A context keeps the snapshot that it has read, also in templates; the next has the newest."""
    with app.app_context():
        assert g.config is config.current
        store.set("uploads", {"limit": 2})
        config.reload()
        assert g.config["uploads"]["limit"] == 1
        assert render_template_string("{{ g.config['uploads']['limit'] }}") == "1"
    with app.test_request_context():
        assert g.config["uploads"]["limit"] == 2


def test_rest_of_g(app: Flask) -> None:
    """All else in `g` is as ever, and a test may put its own config there."""
    with app.app_context():
        g.user = "ada"
        assert (g.user, g.get("other"), "config" in g) == ("ada", None, False)
        with pytest.raises(AttributeError, match="other"):
            _ = g.other
        g.config = {"uploads": {"limit": 9}}
        assert g.config["uploads"]["limit"] == 9


def test_globals_of_another_extension(config: TimeBasedConfigStore[Any]) -> None:
    """A class of globals that the application has already is kept."""

    class Own(Flask.app_ctx_globals_class):  # type: ignore[name-defined, misc]
        answer = 42

    app = Flask("app")
    app.app_ctx_globals_class = Own
    init_app(app, config)
    with app.app_context():
        assert (g.answer, g.config["uploads"]["limit"]) == (42, 1)


def test_stale(app: Flask, store: MemoryStore, clock: FakeClock) -> None:
    """Only a request that reads a config that is too old fails, with an error to handle."""
    app.add_url_rule("/live", view_func=lambda: "live", endpoint="live")
    app.add_url_rule("/read", view_func=lambda: dict(g.config), endpoint="read")
    app.register_error_handler(StaleConfigError, lambda error: (str(error), 503))
    store.fail()
    clock.advance(2000)
    client = app.test_client()
    assert client.get("/live").text == "live"
    assert client.get("/read").status_code == 503


def test_twice(app: Flask, config: TimeBasedConfigStore[Any]) -> None:
    """A second config would hide the first one."""
    with pytest.raises(RuntimeError, match="has got a config already"):
        init_app(app, config)
