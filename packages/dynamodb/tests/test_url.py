"""A store by its URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from moto import mock_aws

from confstore.errors import (
    InvalidNameError,
    InvalidURLError,
)
from confstore_dynamodb import open_url
from confstore_dynamodb.errors import AWSSettingsError, TableNotFoundError


@pytest.fixture(autouse=True)
def moto_backend() -> Iterator[None]:
    """The clients that are made from URLs talk to moto."""
    with mock_aws():
        yield


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("dynamodb://Config/Prod", "'Prod' in table 'Config'"),
        ("DynamoDB://config/a%20b%2Fc", "'a b/c' in table 'config'"),
        ("dynamodb://config.x_y-z/%E2%82%AC?region=us-east-1", "'€' in table 'config.x_y-z'"),
        ("dynamodb://config/a#b@c:d", "'a#b@c:d' in table 'config'"),
        ("dynamodb://config/a+b", "'a+b' in table 'config'"),
    ],
)
def test_names_are_taken_as_written(url: str, shown: str) -> None:
    """Table and store keep their case and are percent-decoded."""
    store = open_url(url, purpose="create")
    assert shown in repr(store)
    store.close()


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("dynamodb:config/prod", "URL is dynamodb://TABLE/STORE"),
        ("file://config/prod", "URL is dynamodb://TABLE/STORE"),
        ("dynamodb://", "table is missing"),
        ("dynamodb:///prod", "table is missing"),
        ("dynamodb://config", "store is missing"),
        ("dynamodb://config/", "store is missing"),
        ("dynamodb://config/?region=eu-west-1", "store is missing"),
        ("dynamodb://config/a/b", "%2F"),
        ("dynamodb://config/a%2", "%25"),
        ("dynamodb://con%zzfig/a", "%25"),
        ("dynamodb://config/%ff", "not UTF-8"),
        ("dynamodb://config/prod?regoin=eu-west-1", "did you mean 'region'"),
        ("dynamodb://config/prod?region=a&region=b", "given twice"),
        ("dynamodb://config/prod?region=", "empty"),
        ("dynamodb://config/prod?create=yes", "true or false"),
        ("dynamodb://config/prod?store_key=a&option_key=a", "two different names"),
        ("dynamodb://config/prod?option_key=_store", "two different names"),
        ("dynamodb://config/my store", "%20"),
        ("dynamodb://config/prod?region=%zz", "%25"),
        ("dynamodb://config/prod?endpoint_url=localhost:8000", "http://"),
        ("dynamodb://config/prod?full_reload_interval=0.0", "above 0"),
        ("dynamodb://config/prod?full_reload_interval=-1", "above 0"),
        ("dynamodb://config/prod?full_reload_interval=nan", "above 0"),
        ("dynamodb://config/prod?full_reload_interval=1h", "above 0"),
    ],
)
def test_other_urls_are_refused_with_advice(url: str, advice: str) -> None:
    """A URL of another form is refused, and the error says what would be right."""
    with pytest.raises(InvalidURLError, match=advice.replace("?", r"\?")):
        open_url(url)


def test_query_is_not_shown() -> None:
    """An error shows the URL without what its query holds."""
    with pytest.raises(InvalidURLError) as caught:
        open_url("dynamodb://config/prod?endpoint_url=user:canary@localhost")
    assert "canary" not in str(caught.value)


def test_password_before_the_table_is_not_shown() -> None:
    """A URL that has credentials is refused without them."""
    with pytest.raises(InvalidURLError, match="no user or password") as caught:
        open_url("dynamodb://user:canary@config/prod")
    assert "canary" not in str(caught.value)


def test_profile_is_the_urls() -> None:
    """The profile that a URL names is looked up."""
    with pytest.raises(AWSSettingsError, match="ProfileNotFound"):
        open_url("dynamodb://config/prod?profile=nobody")


def test_name_that_no_store_can_have() -> None:
    """A store's name is checked as ever."""
    with pytest.raises(InvalidNameError):
        open_url("dynamodb://config/_journal:prod")


def test_region_and_endpoint_are_the_urls(
    dynamodb_local: str, table: str, monkeypatch: Any
) -> None:
    """Region and endpoint come from the URL where it names them."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    store = open_url(
        f"dynamodb://{table}/prod?region=us-east-1&endpoint_url={dynamodb_local}&create"
    )
    store.close()


@pytest.mark.parametrize("purpose", ["read", "write"])
def test_table_is_made_for_its_creation_only(purpose: str) -> None:
    """Who opens a store to read or to write it has mistyped a table that is absent."""
    with pytest.raises(TableNotFoundError, match="'config' does not exist"):
        open_url("dynamodb://config/prod", purpose=purpose).get("db")
    open_url("dynamodb://config/prod", purpose="create").close()
    with closing(open_url("dynamodb://config/prod", purpose=purpose)) as store:
        store.set("db", {"port": 1})


def test_full_reload_interval() -> None:
    """How often everything of a journaled store is loaded again can be said in the URL."""
    with closing(
        open_url("dynamodb://config/prod?create=true&full_reload_interval=0.000001")
    ) as store:
        store.enable_journal()
        assert store.poll(store.poll().checkpoint).is_full


def test_store_says_where_it_is() -> None:
    """A table is elsewhere, and so is each value in it."""
    with closing(open_url("dynamodb://config/a%20b?region=eu-west-1", purpose="read")) as store:
        assert store.location() == "dynamodb://config/a%20b"
        assert store.place_of("db", "port") == "table 'config', store 'a b'"
        assert not store.is_local()
