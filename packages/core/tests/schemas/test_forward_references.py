"""Fields of types that are defined after the class that names them."""

from __future__ import annotations

import sys
import types

import pytest

from confstore.errors import SchemaError

# Without the `__future__` import, which makes each annotation a text as a whole.
PROGRAM = """
import enum
from dataclasses import dataclass
from typing import NamedTuple, Optional, TypedDict
import attrs

@dataclass
class Main:
    colors: list['Color']
    host: Optional['Host']
    hosts: dict[str, 'Host']
    pair: 'Pair'
    table: 'Table'

@dataclass
class Host:
    name: str
    colors: tuple['Color', ...] = ()

class Pair(NamedTuple):
    colors: list['Color']
    host: 'Host'

class Table(TypedDict):
    host: 'Host'

class Color(enum.Enum):
    RED = "red"
"""


@pytest.fixture(params=["@dataclass", "@attrs.define"])
def decorator(request):
    return request.param


@pytest.fixture(params=["quoted", "without quotes"])
def module(request, decorator, monkeypatch):
    """A module that names types before it defines them."""
    program = PROGRAM.replace("@dataclass", decorator)
    if request.param == "without quotes":
        if sys.version_info < (3, 14):
            pytest.skip("before Python 3.14 a name without quotes has to be defined")
        program = program.replace("'", "")
    made = types.ModuleType("names_types_before_it_defines_them")
    # As of any module that was imported: typing looks the names up there.
    monkeypatch.setitem(sys.modules, made.__name__, made)
    exec(compile(program, made.__name__, "exec", dont_inherit=True), vars(made))
    return made


def test_values_that_fit(module, scripted_store, open_config):
    """Values become objects of the types that the names mean in the end."""
    values = {
        "colors": ["red"],
        "host": {"name": "a", "colors": ["red"]},
        "hosts": {"first": {"name": "b"}},
        "pair": [["red"], {"name": "c"}],
        "table": {"host": {"name": "d"}},
    }
    config = open_config(scripted_store({"main": values}), schema={"main": module.Main})
    red = module.Color.RED
    assert config.main == module.Main(
        colors=[red],
        host=module.Host("a", (red,)),
        hosts={"first": module.Host("b")},
        pair=module.Pair([red], module.Host("c")),
        table={"host": module.Host("d")},
    )


def test_values_that_do_not_fit(module, scripted_store, open_config):
    """Each problem has its place and the type that the name means in the end."""
    wrong = {
        "colors": ["blue"],
        "host": {"name": 1},
        "hosts": {"first": "b"},
        "pair": [["red"], "c"],
        "table": {"host": {"name": 2}},
    }
    with pytest.raises(SchemaError) as caught:
        open_config(scripted_store({"main": wrong}), schema={"main": module.Main})
    assert [str(one).partition(", ")[2] for one in caught.value.problems] == [
        "key colors.0: must be one of 'red'",
        "key host.name: expected str, found int",
        "key hosts.first: expected Host, found text",
        "key pair.1: expected Host, found text",
        "key table.host.name: expected str, found int",
    ]
