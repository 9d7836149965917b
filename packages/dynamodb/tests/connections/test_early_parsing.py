"""Replies that are read before botocore does it: the same answers, and nobody else notices."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any

import botocore.session
import pytest
from hypothesis import given, settings, strategies as st

from confstore.adapter import RESERVED_KEYS, canonical_values, is_same
from confstore.errors import ConfigStoreError, CorruptStoreError, OptionNotFoundError
from confstore.testing import any_option, any_values
from confstore_dynamodb import DynamoDBStore

from ..canned import Canned
from ..interposed import Interposed
from ..loopback import Loopback

# A busy machine takes its time.
patiently = settings(deadline=None)

KEY = {"_store": {"S": "prod"}, "_option": {"S": "db"}}


class Ways:
    """Two stores that are given the same bytes; one has them parsed by botocore."""

    def __init__(self) -> None:
        self.canned = [Canned(), Canned()]
        early, late = (canned.client for canned in self.canned)
        self.stores = [
            DynamoDBStore(early, "config", "prod"),
            # It has no events that a store could listen to.
            DynamoDBStore(Interposed(late), "config", "prod"),
        ]

    def outcomes(
        self, operation: str, body: bytes, read: Callable[[DynamoDBStore], Any]
    ) -> tuple[Any, Any]:
        """What both read, or raise."""
        for canned in self.canned:
            canned.answer(operation, body)
        return tuple(outcome_of(read, store) for store in self.stores)  # type: ignore[return-value]

    def check(self, body: bytes, item: bytes = b"{}") -> None:
        """Check that both read the same of a page, and of an item."""
        for read in (
            lambda store: dict(store.items()),
            lambda store: dict(store.poll().changed),
        ):
            early, late = self.outcomes("Query", body, read)
            assert is_same(early, late)
        for keys in (None, ["key", "host"]):
            early, late = self.outcomes("GetItem", item, lambda s, k=keys: s.get("db", keys=k))
            assert is_same(early, late)
        for canned in self.canned:
            canned.answer("GetItem", b"{}")


def outcome_of(read: Callable[[DynamoDBStore], Any], store: DynamoDBStore) -> Any:
    try:
        return read(store)
    except ConfigStoreError as error:
        # A client that is wrapped does not tell where it is.
        text = str(error).replace(
            "https://dynamodb.eu-west-1.amazonaws.com, region eu-west-1", "the client's endpoint"
        )
        return [type(error).__name__, text]


@pytest.fixture(scope="module")
def ways() -> Iterator[Ways]:
    """The two stores of this module, which know already that there is no journal."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "local")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "local")
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        ways = Ways()
        ways.check(page({}))
        yield ways


@pytest.fixture
def canned() -> Iterator[Canned]:
    """A client without a server."""
    canned = Canned()
    yield canned
    canned.client.close()


def wire(value: Any) -> dict[str, Any]:
    """A value as DynamoDB writes it."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float | Decimal):
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bytes):
        return {"B": base64.b64encode(value).decode()}
    if isinstance(value, list):
        return {"L": [wire(entry) for entry in value]}
    if isinstance(value, dict):
        return {"M": {key: wire(entry) for key, entry in value.items()}}
    [kind, *_] = {next(iter(wire(entry))) for entry in value}
    return {f"{kind}S": [wire(entry)[kind] for entry in value]}


def item_of(option: str, values: dict[str, Any]) -> dict[str, Any]:
    wires = {key: wire(value) for key, value in values.items()}
    return {"_store": {"S": "prod"}, "_option": {"S": option}, **wires}


def page(options: dict[str, dict[str, Any]], **members: Any) -> bytes:
    """A page as DynamoDB writes it."""
    items = [item_of(option, values) for option, values in options.items()]
    reply = {"Count": len(items), "Items": items, "ScannedCount": len(items), **members}
    return json.dumps(reply, separators=(",", ":"), ensure_ascii=False).encode()


any_style = st.fixed_dictionaries(
    {
        "ensure_ascii": st.booleans(),
        "indent": st.sampled_from([None, None, 1, "\t"]),
        "separators": st.sampled_from([None, (",", ":"), (" ,", "\r\n:  ")]),
        "sort_keys": st.booleans(),
    }
)
"""How JSON can be written."""

any_json = st.recursive(
    st.sampled_from(
        [None, True, False, 0, 1, 7.5, "", "7", "canary", "Y2FuYXJ5", "1e200", "x" * 9]
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.sampled_from(["S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS", "X"]),
            inner,
            max_size=2,
        ),
    ),
    max_leaves=6,
)
"""JSON that often nearly is a value of DynamoDB."""


@patiently
@given(options=st.dictionaries(any_option, any_values, max_size=4), style=any_style)
def test_both_ways_read_the_same(
    ways: Ways, options: dict[str, dict[str, Any]], style: dict[str, Any]
) -> None:
    """Whatever the values, and however their JSON is written, both ways read it, to the type."""
    options = {option: canonical_values(option, each) for option, each in options.items()}
    reply = json.dumps(json.loads(page(options)), **style).encode()
    early, late = ways.outcomes("Query", reply, lambda store: dict(store.items()))
    assert is_same(early, late)
    assert is_same(early, options)
    items = [json.dumps({"Item": item_of(*each)}, **style).encode() for each in options.items()]
    ways.check(reply, *items[:1])


@patiently
@given(
    key=any_option.filter(lambda name: name not in RESERVED_KEYS), content=any_json, style=any_style
)
def test_both_ways_refuse_the_same(
    ways: Ways, key: str, content: Any, style: dict[str, Any]
) -> None:
    """What is no value of DynamoDB is the same to both ways, or the same error."""
    item = {**KEY, key: content}
    body = json.dumps({"Items": [item_of("first", {"port": 1}), item]}, **style).encode()
    ways.check(body, json.dumps({"Item": item}, **style).encode())


@patiently
@given(cut=st.integers(0, 400), insert=st.sampled_from(["", " ", ",", "]", "}", '"', "\\", "7"]))
def test_both_ways_read_the_same_of_broken_json(ways: Ways, cut: int, insert: str) -> None:
    """Bytes that are cut off or have one sign too many are the same to both ways."""
    whole = page({"db": {"host": "a", "port": 1}, "ключ": {}}, LastEvaluatedKey={}).decode()
    item = json.dumps({"Item": item_of("db", {"host": ["]", "}"]})})
    ways.check(
        (whole[:cut] + insert).encode(), (item[: cut // 2] + insert + item[cut // 2 :]).encode()
    )


UNUSUAL = {
    "nothing": b"",
    "no text": b"\xff\xfe",
    "byte order mark": b"\xef\xbb\xbf" + page({"db": {}}),
    "no object": b'[{"Items":[]}]',
    "no items": b'{"Count":0}',
    "no member": b"{}",
    "items are null": b'{"Items":null}',
    "items are an object": b'{"Items":{}}',
    "items twice": page({"a": {}})[:-1] + b',"Items":[]}',
    "member twice": page({"a": {}})[:-1] + b',"Count":7}',
    "member that is no text": b'{7:1,"Items":[]}',
    "colon missing": b'{"Items" []}',
    "comma at the end": b'{"Items":[],}',
    "comma missing": b'{"Items":[] "Count":0}',
    "more than one object": page({"a": {}}) + b"{}",
    "blanks around": b"\r\n\t " + page({"a": {}}) + b" \n",
    "other blanks around": page({"a": {}}) + b"\x0b",
    "blanks between": b'{ "Count" : 1 , "Items" : [ ] }',
    "blanks between items": page({"a": {}, "b": {}, "c": {}}).replace(b"},{", b"}\n, {"),
    "items end in a comma": page({"a": {}}).replace(b"}}]", b"}},]"),
    "item is null": b'{"Items":[null]}',
    "item is text": b'{"Items":["_option"]}',
    "item without a name": b'{"Items":[{"_store":{"S":"prod"}}]}',
    "name is a number": b'{"Items":[{"_option":{"N":"7"}}]}',
    "name is no text": b'{"Items":[{"_option":{"S":7}}]}',
    "escapes": rb'{"Items":[{"_option":{"S":"\u0064b\ud83d\ude00"},"k\u0065y":{"S":"\ud800"}}]}',
    "key twice": b'{"Items":[{"_option":{"S":"db"},"a":{"S":"1"},"a":{"S":"2"}}]}',
    "not a number": b'{"Items":[],"Count":NaN}',
    "deep": b'{"Items":[{"_option":{"S":"db"},"a":' + b'{"L":[' * 9000 + b"]}" * 9000 + b"}]}",
}


@pytest.mark.parametrize("body", UNUSUAL.values(), ids=UNUSUAL)
def test_both_ways_read_the_same_of_unusual_json(ways: Ways, body: bytes) -> None:
    """JSON as DynamoDB does not write it is the same to both ways."""
    ways.check(body, body.replace(b'"Items":[', b'"Item":').replace(b"]}", b"}"))


@pytest.mark.parametrize(
    "content",
    [
        {"S": None, "N": "1"},
        {"S": "a", "N": None},
        {"S": "a", "N": "1"},
        {"N": 7},
        {"N": "1_0"},
        {"BOOL": 1},
        {"NULL": False},
        {"NULL": 1},
        {"B": "Y2FuYXJ5!"},
        {"B": "Y2FuYXJ"},
        {"B": ["Y2FuYXJ5"]},
        {"SS": "canary"},
        {"SS": []},
        {"SS": ["a", None]},
        {"NS": "12"},
        {"BS": {"canary": 1}},
        {"L": "canary"},
        {"L": [None]},
        {"M": {"S": "canary"}},
        {"M": []},
        {"X": "canary"},
        {},
        [],
        "S",
    ],
    ids=repr,
)
def test_both_ways_read_the_same_of_unusual_values(ways: Ways, content: Any) -> None:
    """What DynamoDB would not write is the same value, or the same error, either way."""
    item = json.dumps({**KEY, "key": content})
    ways.check(f'{{"Items":[{item}]}}'.encode(), f'{{"Item":{item}}}'.encode())


def test_reply_of_another_kind_is_left_alone(canned: Canned) -> None:
    """What a proxy calls HTML is not read, whatever it looks like."""
    store = DynamoDBStore(canned.client, "config", "prod")
    canned.answer("Query", page({"db": {}}))
    canned.headers = {"content-type": "text/html"}
    with pytest.raises(ConfigStoreError, match="text/html"):
        list(store.items())


def test_reply_to_others_is_left_alone(canned: Canned) -> None:
    """Who uses the client beside the store gets plain replies of botocore."""
    DynamoDBStore(canned.client, "config", "prod")
    canned.answer("Query", page({"db": {"port": 1, "raw": b"\x00"}}))
    items = canned.client.query(TableName="config")["Items"]
    assert (type(items), items[0]["raw"]) == (list, {"B": b"\x00"})


@pytest.mark.parametrize("event", ["after-call", "needs-retry", "response-received"])
def test_handlers_are_given_what_botocore_gives(canned: Canned, event: str) -> None:
    """A handler of the client finds real lists and dicts, whenever it was registered."""
    seen: list[Any] = []

    def look(
        parsed: Any = None, response: Any = None, parsed_response: Any = None, **_: Any
    ) -> None:
        reply = parsed or parsed_response or response[1]
        seen.append(json.loads(json.dumps(reply.get("Items", reply.get("Item")))))

    store = DynamoDBStore(canned.client, "config", "prod")
    canned.answer("Query", page({"a": {"port": 1}}))
    canned.answer("GetItem", json.dumps({"Item": item_of("a", {"port": 1})}).encode())
    canned.client.meta.events.register(f"{event}.dynamodb", look)
    assert store.get("a") == {"port": 1}
    assert dict(store.items()) == {"a": {"port": 1}}
    assert seen == [item_of("a", {"port": 1}), [item_of("a", {"port": 1})]]


class PublicEvents:
    """The events of a client, without the private names that tell who listens."""

    def __init__(self, events: Any) -> None:
        self.emit = events.emit
        self.emit_until_response = events.emit_until_response


@pytest.mark.parametrize("has_emitter", [True, False])
def test_tracer_finds_what_botocore_gives(
    canned: Canned, monkeypatch: pytest.MonkeyPatch, has_emitter: bool
) -> None:
    """A tracer that wraps botocore's own method, as some do, finds the same content."""
    from botocore.client import BaseClient

    seen: list[Any] = []
    send = vars(BaseClient)["_make_api_call"]

    def traced(self: Any, *arguments: Any) -> Any:
        reply = send(self, *arguments)
        seen.extend(
            [list(reply[name]), len(reply[name]), type(reply[name])]
            for name in reply
            if name in {"Items", "Item"}
        )
        seen.extend([reply["Items"][0]] if "Items" in reply else [])
        return reply

    monkeypatch.setattr(BaseClient, "_make_api_call", traced)
    store = DynamoDBStore(canned.client, "config", "prod")
    if not has_emitter:
        canned.client.meta.events = PublicEvents(canned.client.meta.events)
    canned.answer("Query", page({"a": {"port": 1}}))
    canned.answer("GetItem", json.dumps({"Item": item_of("a", {"port": 1})}).encode())
    assert store.get("a") == {"port": 1}
    assert dict(store.items()) == {"a": {"port": 1}}
    item = item_of("a", {"port": 1})
    assert [seen[0][:2], seen[1][:2], seen[2]] == [[list(item), 3], [[item], 1], item]


def test_handlers_may_change_what_they_see(canned: Canned) -> None:
    """What a handler changes, within the reply or by another one, is what the store reads."""

    def change(parsed: dict[str, Any], **_: Any) -> None:
        if "Item" in parsed:
            parsed["Item"] = {**parsed["Item"], "port": {"N": "2"}}
        for item in parsed.get("Items", ()):
            item["port"] = {"N": "2"}

    store = DynamoDBStore(canned.client, "config", "prod")
    canned.client.meta.events.register("after-call.dynamodb", change)
    canned.answer("Query", page({"a": {"port": 1}}))
    assert dict(store.items()) == {"a": {"port": 2}}
    first = store.poll()
    assert first.changed == {"a": {"port": 2}}
    assert store.poll(first.checkpoint).changed == {}
    canned.answer("GetItem", json.dumps({"Item": item_of("a", {"port": 1})}).encode())
    assert store.get("a") == {"port": 2}


@pytest.mark.parametrize("added", [[{}], [{}, {}]])
def test_empty_items_of_handlers_are_left_out(canned: Canned, added: list[Any]) -> None:
    """An item without a key is none of DynamoDB's, which counts the ones that it sends."""

    def add(parsed: dict[str, Any], **_: Any) -> None:
        parsed.get("Items", []).extend(added)

    store = DynamoDBStore(canned.client, "config", "prod")
    canned.client.meta.events.register("after-call.dynamodb", add)
    canned.answer("Query", page({"a": {"port": 1}}))
    assert dict(store.items()) == {"a": {"port": 1}}
    assert store.poll().changed == {"a": {"port": 1}}


def test_emptied_items_are_no_absent_options(canned: Canned) -> None:
    """A handler that takes all out of an item has hidden an option: that is said."""

    def hide(parsed: dict[str, Any], **_: Any) -> None:
        for item in parsed.get("Items", ()):
            item.clear()

    store = DynamoDBStore(canned.client, "config", "prod")
    canned.client.meta.events.register("after-call.dynamodb", hide)
    canned.answer("Query", page({"a": {"port": 1}}))
    with pytest.raises(CorruptStoreError, match="no text in its sort key"):
        dict(store.items())


def test_handlers_may_change_the_body(canned: Canned) -> None:
    """A handler of the event before parsing comes first, whenever it was registered."""

    def change(response_dict: dict[str, Any], **_: Any) -> None:
        response_dict["body"] = response_dict["body"].replace(b"1", b"2")

    def replace(customized_response_dict: dict[str, Any], **_: Any) -> None:
        customized_response_dict["Items"] = [item_of("mine", {})]

    store = DynamoDBStore(canned.client, "config", "prod")
    canned.client.meta.events.register("before-parse.dynamodb", change)
    canned.answer("Query", page({"a": {"port": 1}}))
    assert dict(store.items()) == {"a": {"port": 2}}
    canned.client.meta.events.register("before-parse.dynamodb.Query", replace)
    assert dict(store.items()) == {"mine": {}}


def test_call_within_a_call_is_of_no_effect(canned: Canned) -> None:
    """A handler that uses the client itself gets its own reply, and the store gets its own."""
    store = DynamoDBStore(canned.client, "config", "prod")
    bodies = [page({"inner": {"port": 2}}), page({"outer": {"port": 1}})]
    canned.answers["Query"] = lambda _: bodies.pop(0)
    inner: list[Any] = []

    def ask(**_: Any) -> None:
        if not inner:
            inner.append(None)
            inner[0] = canned.client.query(TableName="other")["Items"][0]["port"]

    canned.client.meta.events.register("before-call.dynamodb.Query", ask)
    assert dict(store.items()) == {"outer": {"port": 1}}
    assert inner == [{"N": "2"}]


def test_wrapper_of_a_client_gets_what_botocore_gives(canned: Canned) -> None:
    """What stands between a store and a client, to decrypt for example, finds plain replies."""
    seen = []

    def look(send: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        reply = send()
        seen.append(type(reply["Items"]))
        return reply

    DynamoDBStore(canned.client, "config", "prod")
    wrapper = Interposed(canned.client)
    store = DynamoDBStore(wrapper, "config", "prod")
    canned.answer("Query", page({"a": {"port": 1}}))
    wrapper.next("query", look)
    assert dict(store.items()) == {"a": {"port": 1}}
    assert seen == [list]


def test_threads_share_a_client(canned: Canned) -> None:
    """Stores and others use one client at once, and each gets what it asked for."""
    client, results = canned.client, []
    canned.answers["GetItem"] = lambda request: json.dumps(
        {"Item": item_of(request["Key"]["_option"]["S"], {"n": 7})}
    ).encode()
    canned.answer("Query", page({f"option {n}": {"n": n} for n in range(60)}))
    stores = [DynamoDBStore(client, "config", name) for name in ("prod", "test")]

    def use(number: int) -> None:
        for _ in range(30):
            if number % 3 == 0:
                results.append(stores[number % 2].get("db") == {"n": 7})
            elif number % 3 == 1:
                results.append(len(dict(stores[number % 2].items())) == 60)
            else:
                reply = client.get_item(TableName="config", Key=KEY)
                results.append(type(reply["Item"]) is dict and reply["Item"]["n"] == {"N": "7"})

    threads = [threading.Thread(target=use, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 180


@pytest.mark.parametrize("keys", [["port"], ["absent"], [f"key {n}" for n in range(400)]])
def test_keys_of_a_whole_item(canned: Canned, keys: list[str]) -> None:
    """Of a reply that holds more than was asked for, nothing more is given."""
    values = {"port": 1, "host": "a", "key 7": True}
    canned.answer("GetItem", json.dumps({"Item": item_of("db", values)}).encode())
    store = DynamoDBStore(canned.client, "config", "prod")
    assert store.get("db", keys=keys) == {key: values[key] for key in keys if key in values}


def test_absent_option(canned: Canned) -> None:
    """A reply without an item is an absent option."""
    store = DynamoDBStore(canned.client, "config", "prod")
    canned.answer("GetItem", b"{}")
    with pytest.raises(OptionNotFoundError):
        store.get("db")


def test_garbled_reply_is_asked_for_again(loopback: Loopback) -> None:
    """Bytes that contradict DynamoDB's checksum are not believed, even if they can be read."""
    import zlib

    good, garbled = page({"db": {"port": 1}}), page({"db": {"port": 7}})
    whole = loopback.page(good, crc32=zlib.crc32(good))
    loopback.answer("Query", loopback.page(garbled, crc32=zlib.crc32(good)), whole)
    session = botocore.session.get_session()
    client = session.create_client("dynamodb", endpoint_url=loopback.url)
    with closing(client):
        store = DynamoDBStore(client, "config", "prod")
        assert dict(store.items()) == {"db": {"port": 1}}
    assert loopback.requests.count("Query") == 2


def test_reply_in_chunks(loopback: Loopback) -> None:
    """A body whose length nobody tells is read to its end."""
    options = {f"option {number}": {"text": "x" * 100} for number in range(2000)}
    loopback.answer("Query", loopback.chunks(page(options)))
    client = botocore.session.get_session().create_client("dynamodb", endpoint_url=loopback.url)
    with closing(client):
        store = DynamoDBStore(client, "config", "prod")
        assert dict(store.items()) == options


def test_compressed_reply_is_no_answer(loopback: Loopback) -> None:
    """Nobody asked for gzip, and so a body in it is not DynamoDB's."""
    import gzip

    loopback.answer("Query", loopback.page(gzip.compress(page({"db": {}}))))
    client = botocore.session.get_session().create_client("dynamodb", endpoint_url=loopback.url)
    with closing(client):
        store = DynamoDBStore(client, "config", "prod")
        with pytest.raises(ConfigStoreError):
            list(store.items())
