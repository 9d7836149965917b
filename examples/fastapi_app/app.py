"""
A FastAPI application that quotes the price of shipping.

It runs on `dev.json` beside it, and wherever `CONFSTORE_URL` says:

    python examples/fastapi_app/app.py
    CONFSTORE_URL='dynamodb://config/prod?region=eu-west-1' python examples/fastapi_app/app.py
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import attrs
import uvicorn
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request

from confstore import TimeBasedConfigStore, open_config
from confstore.errors import ConfigStoreError

DEVELOPMENT = f"file:{Path(__file__).parent / 'dev.json'}"


@attrs.frozen
class Shop:
    is_open: bool


@attrs.frozen
class Shipping:
    price: int
    free_from: int


@attrs.frozen
class Settings:
    shop: Shop
    shipping: Shipping


def config_of(request: Request) -> TimeBasedConfigStore[Settings]:
    """The config that the application was made with."""
    config: TimeBasedConfigStore[Settings] = request.app.state.config
    return config


def settings_of(request: Request) -> Settings:
    """One snapshot for the whole request: a refresh in between changes nothing in it."""
    return config_of(request).current


router = APIRouter()


@router.get("/shipping/{total}")
def shipping(total: int, settings: Annotated[Settings, Depends(settings_of)]) -> dict[str, int]:
    """The price of shipping an order."""
    if not settings.shop.is_open:
        raise HTTPException(503, "the shop is closed")
    is_free = total >= settings.shipping.free_from
    return {"price": 0 if is_free else settings.shipping.price}


@router.get("/health")
def health(request: Request) -> dict[str, int | float | None]:
    """How fresh the configuration is; it asks no backend."""
    status = config_of(request).status
    return {"version": status.version, "age": status.age, "failures": status.consecutive_failures}


def create_app(config: TimeBasedConfigStore[Settings]) -> FastAPI:
    """The application on any config, which a unit test keeps in memory."""
    app = FastAPI()
    app.state.config = config
    app.include_router(router)
    return app


def main() -> None:
    """Serve until Ctrl-C or SIGTERM."""
    try:
        config = open_config(os.environ.get("CONFSTORE_URL") or DEVELOPMENT, schema=Settings)
    except ConfigStoreError as error:
        # One line that says what to do, and exit code 1.
        sys.exit(f"fastapi_app: {error}")
    with config:
        uvicorn.run(create_app(config), port=int(os.environ.get("PORT", "8000")))


if __name__ == "__main__":
    main()
