import attrs

from confstore import open_config


@attrs.frozen
class Database:
    host: str
    port: int = 27017


@attrs.frozen
class Settings:
    db: Database


config = open_config(schema=Settings)
