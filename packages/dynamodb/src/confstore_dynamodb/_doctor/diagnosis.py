"""The diagnosis of a store in DynamoDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import attrs

from confstore import Finding, JournaledStore
from confstore.adapter import findings_of
from confstore.errors import (
    AccessDeniedError,
    ConfigStoreError,
    CorruptStoreError,
    StoreUnavailableError,
)
from confstore_dynamodb._connections.refusals.advice import credentials_advice, endpoint_advice
from confstore_dynamodb._connections.refusals.error_reply import error_code
from confstore_dynamodb._connections.refusals.refused_credentials import service_of
from confstore_dynamodb._connections.refusals.translation import (
    TABLE_ADVICE,
    is_answer,
    lacks_permission,
)
from confstore_dynamodb._doctor.permissions import Permissions
from confstore_dynamodb._journal.partition import TTL_ATTRIBUTE, JournalPartition, Marker
from confstore_dynamodb.errors import AWSSettingsError, MisconfiguredSchemaError, TableNotFoundError

__all__ = ["Diagnosis"]

_DAY_S = 86_400
# Source: AWS, "Elements of an AWS API request signature": a request must reach AWS within five
# minutes of the time stamp in it.
_MAX_CLOCK_OFFSET_S = 300
# Far more than a reply takes, and than the second to which its date is rounded.
_NOTABLE_OFFSET_S = 60


@attrs.frozen(eq=False)
class Diagnosis:
    """
    Looks at one store.

    Attributes:
        store: The store, which is asked last: its table is there then, and is not created.
    """

    store: JournaledStore
    _journal: JournalPartition
    _wall_clock: Callable[[], float]

    def findings(self) -> Iterator[Finding]:
        """One finding after another; it ends where nothing more can be found."""
        began_s = self._wall_clock()
        reply, error = self._described()
        ended_s = self._wall_clock()
        headers = _headers(reply, error)
        yield self._endpoint(error)
        if headers is None:
            # Without credentials nothing was asked.
            if isinstance(error, AccessDeniedError):
                yield _credentials(error)
            elif isinstance(error, AWSSettingsError):
                yield Finding("settings", False, error.reason)
            return
        yield _clock(headers, began_s, ended_s)
        yield _credentials(error)
        if isinstance(error, AccessDeniedError) and not lacks_permission(error):
            return
        if error is None:
            description = reply["Table"]
            state, keys = self._state(description), self._keys(description)
            yield state
            yield keys
            # A call on the store would wait for a table that is being created.
            if not (state.is_ok and keys.is_ok):
                return
        else:
            yield self._unseen_table(error)
            if not isinstance(error, AccessDeniedError | StoreUnavailableError):
                return
        yield from self._of_store()

    def _described(self) -> tuple[dict[str, Any], ConfigStoreError | None]:
        try:
            reply = self._journal.connection.call("describe_table")
            self._journal.connection.expect(reply, "Table")
        except ConfigStoreError as error:
            return {}, error
        return reply, None

    def _endpoint(self, error: ConfigStoreError | None) -> Finding:
        place = self._journal.connection.client.endpoint
        if error is None or is_answer(error):
            if isinstance(error, StoreUnavailableError):
                return Finding("endpoint", False, error.reason, "try again later")
            way = self._journal.connection.client.way
            return Finding("endpoint", True, f"{place} answers, asked {way}")
        if isinstance(error, StoreUnavailableError):
            return Finding("endpoint", False, error.reason, endpoint_advice(error))
        if isinstance(error, AWSSettingsError):
            return Finding("endpoint", None, f"{place} was not asked, for the settings of AWS")
        if isinstance(error, AccessDeniedError):
            return Finding("endpoint", None, f"{place} was not asked, for lack of credentials")
        return Finding("endpoint", False, f"{place}: {error}")

    # -- the table -------------------------------------------------------------------------------

    def _unseen_table(self, error: ConfigStoreError) -> Finding:
        if isinstance(error, AccessDeniedError):
            text = "its state and keys are not known: DescribeTable is denied"
            advice = "nothing, or allow dynamodb:DescribeTable: reading and writing do not need it"
            return Finding("table", None, text, advice)
        if isinstance(error, TableNotFoundError):
            advice = "check table, account and region, or make it: `confstore init`"
            text = str(error).removesuffix(f"; {TABLE_ADVICE}")
            return Finding("table", False, text, advice)
        return Finding.of_error("table", error)

    def _state(self, description: Mapping[str, Any]) -> Finding:
        status = description["TableStatus"]
        billing = description.get("BillingModeSummary", {}).get("BillingMode")
        is_protected = description.get("DeletionProtectionEnabled", False)
        # Source: AWS, DescribeTable: both are updated about every six hours.
        items, size_b = description.get("ItemCount", 0), description.get("TableSizeBytes", 0)
        facts = [
            f"{self._journal.connection.table!r} is {status}",
            "paid on demand" if billing == "PAY_PER_REQUEST" else _provisioned(description),
            f"{items:,} items and {size_b:,} bytes some hours ago",
            f"deletion protection {'on' if is_protected else 'off'}",
        ]
        is_ok = status in {"ACTIVE", "UPDATING"}
        return Finding("table", is_ok, ", ".join(facts), "" if is_ok else "wait until it is ACTIVE")

    def _keys(self, description: dict[str, Any]) -> Finding:
        try:
            self._journal.schema.check(self.store.name, self._journal.connection.table, description)
        except MisconfiguredSchemaError as error:
            return Finding("key schema", False, str(error))
        keys = f"{self._journal.schema.store_key!r} and {self._journal.schema.option_key!r}"
        return Finding("key schema", True, f"{keys}, both text")

    # -- the store -------------------------------------------------------------------------------

    def _of_store(self) -> Iterator[Finding]:
        marker: Marker | None = None
        is_journaled: bool | None = True
        unread: ConfigStoreError | None = None
        try:
            marker = self._journal.read_marker()
            is_journaled = marker is not None
        except AccessDeniedError as error:
            is_journaled, unread = None, error
        except CorruptStoreError as error:
            unread = error
        except ConfigStoreError as error:
            yield self._unread(error)
            return
        permissions = Permissions(self._journal)
        has_retention = marker is not None and marker.retention_s is not None
        yield from permissions.findings(is_journaled=is_journaled, has_retention=has_retention)
        yield from self._of_options(marker, unread)

    def _unread(self, error: ConfigStoreError) -> Finding:
        """The finding of the first read, of a table that could not be described."""
        if isinstance(error, TableNotFoundError):
            return self._unseen_table(error)
        if error_code(error.__cause__) == "ValidationException":
            advice = "give the table's own key names as store_key and option_key"
            return Finding("key schema", False, f"{error}: it has other keys", advice)
        return Finding.of_error("journal", error)

    def _of_options(
        self, marker: Marker | None, unread: ConfigStoreError | None
    ) -> Iterator[Finding]:
        retention_s = None if marker is None else marker.retention_s
        kept = "commits are kept for ever"
        if retention_s is not None:
            kept = f"commits are kept for {retention_s / _DAY_S:g} days"
        findings = findings_of(self.store, kept=kept)
        # The options, each of which is read.
        yield next(findings)
        if unread is not None:
            yield Finding.of_error("journal", unread)
            return
        journal = next(findings)
        if marker is not None and journal.is_ok and not self.store.is_journaled():
            text = "it was enabled after this store was opened, which goes on without it"
            yield Finding("journal", False, text, "open the store again: restart its writers")
            return
        yield journal
        if retention_s is not None:
            yield self._expiry()
        # The drift, if there is a journal.
        yield from findings

    def _expiry(self) -> Finding:
        try:
            reply = self._journal.connection.call("describe_time_to_live")
            description = self._journal.connection.expect(reply, "TimeToLiveDescription")
        except ConfigStoreError as error:
            return Finding.of_error("retention", error)
        attribute = description.get("AttributeName")
        if description.get("TimeToLiveStatus") not in {"ENABLED", "ENABLING"}:
            text = "the table's time to live is off, so that no commit ever expires"
            advice = f"enable it for the attribute {TTL_ATTRIBUTE!r}"
            return Finding("retention", False, text, advice)
        if attribute != TTL_ATTRIBUTE:
            text = f"the table's time to live is by {attribute!r}, so that no commit ever expires"
            advice = f"enable it for {TTL_ATTRIBUTE!r} instead: a table has one such attribute"
            return Finding("retention", False, text, advice)
        return Finding("retention", True, f"the table's time to live is by {TTL_ATTRIBUTE!r}")


def _headers(reply: Mapping[str, Any], error: ConfigStoreError | None) -> Mapping[str, str] | None:
    """The headers of DynamoDB's reply, good or bad; None if there was none."""
    if error is not None and not is_answer(error):
        return None
    response: Mapping[str, Any] = reply if error is None else vars(error.__cause__)["response"]
    # A stand-in for a client gives none.
    headers: Mapping[str, str] = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return headers


def _clock(headers: Mapping[str, str], began_s: float, ended_s: float) -> Finding:
    """
    Compare this machine's clock with the date of a reply.

    Args:
        headers: The headers of the reply.
        began_s: When the request was sent, by this machine's clock, in seconds since the epoch.
        ended_s: When its reply had arrived.
    """
    try:
        date_s = parsedate_to_datetime(headers.get("date", "")).timestamp()
    except ValueError:
        return Finding("clock", None, "the reply does not say when it was written")
    # The reply was written at some time in between, and its date has no fractions.
    offset_s = round(max(began_s - date_s - 1, 0) or min(ended_s - date_s, 0))
    if abs(offset_s) < _NOTABLE_OFFSET_S:
        return Finding("clock", True, f"within {_NOTABLE_OFFSET_S} s of DynamoDB's")
    direction = "ahead of" if offset_s > 0 else "behind"
    text = f"{abs(offset_s):,} s {direction} DynamoDB's"
    advice = f"set it by NTP: AWS refuses what is signed more than {_MAX_CLOCK_OFFSET_S} s off"
    return Finding("clock", abs(offset_s) < _MAX_CLOCK_OFFSET_S, text, advice)


def _credentials(error: ConfigStoreError | None) -> Finding:
    if isinstance(error, AccessDeniedError) and not lacks_permission(error):
        code = error_code(error.__cause__)
        service = service_of(error.__cause__)
        text = f"DynamoDB refuses them: {code}" if code and not service else error.reason
        return Finding("credentials", False, text, credentials_advice(error))
    if isinstance(error, StoreUnavailableError):
        return Finding("credentials", None, "DynamoDB did not get to them")
    return Finding("credentials", True, "DynamoDB accepts them")


def _provisioned(description: Mapping[str, Any]) -> str:
    units = description.get("ProvisionedThroughput", {})
    read, write = units.get("ReadCapacityUnits", 0), units.get("WriteCapacityUnits", 0)
    return f"provisioned with {read:,} read and {write:,} write units a second"
