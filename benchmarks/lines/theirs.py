import json
import logging
import os
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
from boto3.dynamodb.conditions import Key
from pydantic import BaseModel, ConfigDict
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

log = logging.getLogger(__name__)


class Database(BaseModel):
    model_config = ConfigDict(frozen=True)
    host: str
    port: int = 27017


def read_file(path: str) -> dict[str, Any]:
    return json.loads(Path(path).read_text(encoding="utf-8"))


def read_table(table_name: str, store: str, region: str) -> dict[str, Any]:
    table = boto3.resource("dynamodb", region_name=region).Table(table_name)
    query: dict[str, Any] = {"KeyConditionExpression": Key("_store").eq(store)}
    options: dict[str, Any] = {}
    while True:
        reply = table.query(**query, ConsistentRead=True)
        for item in reply["Items"]:
            del item["_store"]
            options[item.pop("_option")] = {key: plain(value) for key, value in item.items()}
        if "LastEvaluatedKey" not in reply:
            return options
        query["ExclusiveStartKey"] = reply["LastEvaluatedKey"]


def plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return value


class StoreSource(PydanticBaseSettingsSource):
    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        raise NotImplementedError

    def __call__(self) -> dict[str, Any]:
        url = urlsplit(os.environ["CONFSTORE_URL"])
        if url.scheme == "file":
            return read_file(url.path)
        region = parse_qs(url.query)["region"][0]
        return read_table(url.netloc, url.path.lstrip("/"), region)


class Settings(BaseSettings):
    model_config = SettingsConfigDict(frozen=True, extra="ignore")
    db: Database

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], **_: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (StoreSource(settings_cls),)


class Config:
    def __init__(self, interval: float = 60) -> None:
        self.current = Settings()
        self._interval = interval
        self._closed = threading.Event()
        threading.Thread(target=self._refresh, daemon=True).start()

    def _refresh(self) -> None:
        while not self._closed.wait(self._interval):
            self.reload()

    def reload(self) -> None:
        try:
            self.current = Settings()
        except Exception as error:
            log.warning("the last good settings stay: %s", type(error).__name__)

    def close(self) -> None:
        self._closed.set()


config = Config()
