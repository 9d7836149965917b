"""
The wire, mounted in a client of botocore that is ours.

Botocore's public event `before-call`, which its own Stubber answers, comes when a request is
serialized and its endpoint known; whoever answers it has made the call. Whatever is unusual is left
to botocore: the event is then not answered. Handlers of the other events see what they would see:
`before-send` (moto answers it), `before-parse`, `after-call` and `after-call-error`. A handler of
an event that has no counterpart here has botocore make every call.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import botocore.exceptions as aws
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.utils import get_environ_proxies

from confstore_dynamodb._connections.calls import ONLY_AN_ITEM, Caller, invocation_id, metadata_of
from confstore_dynamodb._connections.early_parsing import before_parse
from confstore_dynamodb._connections.environment import ca_file_of
from confstore_dynamodb._connections.listeners import ListeningEmitter
from confstore_dynamodb._connections.replies import Reply
from confstore_dynamodb._connections.requests import Endpoint, endpoint_of, message
from confstore_dynamodb._connections.retries import MAX_ATTEMPTS
from confstore_dynamodb._connections.signing import Signer
from confstore_dynamodb._connections.wire import Wire
from confstore_dynamodb._connections.wire_errors import LeftToBotocoreError, WireError, as_botocore

__all__ = ["Mount"]


class Mount:
    """
    Answers `before-call` of one client.

    Attributes:
        caller: Who makes the calls on asyncio loops.
        wire: Makes the calls.
        signer: Signs for the client's region.
    """

    def __init__(self, api: Any, session: Any, emitter: ListeningEmitter, caller: Caller) -> None:
        """Mount the wire in a client of ours, which a session with this emitter made."""
        config = api.meta.config
        self.caller = caller
        self._events = api.meta.events
        self._listeners = emitter.listeners
        self._region = api.meta.region_name
        self._signers: dict[str, Signer] = {}
        self.signer = self.signer_of(None)
        self._endpoints: dict[str, Endpoint | None] = {}
        self._credentials = session.get_credentials()
        self._parser = session.get_component("response_parser_factory").create_parser("json")
        # Where botocore sent the requests of each account; None stands for one that is not known.
        self.by_account: dict[str | None, Endpoint] = {}
        # Botocore, too, looks for them once a client.
        self._proxies = config.proxies or get_environ_proxies(api.meta.endpoint_url)
        self._reason = ""
        if config.client_cert:
            self._reason = "the client has a certificate of its own"
        elif config.signature_version != "v4":
            self._reason = "the requests are not signed by Signature Version 4"
        self.wire = Wire(ca_file_of(os.environ, session.get_config_variable("ca_bundle")))
        # After all others: they may add headers, or answer, as Stubber does.
        self._events.register_last("before-call", self._before_call)

    def reason_against(self) -> str:
        """The reason why botocore makes the calls; empty if it does not."""
        if self._reason:
            return self._reason
        if self._listeners.need_botocore:
            return "an event handler needs botocore's own requests"
        if not self.wire.is_understood:
            return "two replies were not DynamoDB's own"
        return ""

    def close(self) -> None:
        """Close the connections."""
        self.wire.close()

    def _before_call(
        self, model: Any, params: dict[str, Any], context: dict[str, Any], **_: Any
    ) -> tuple[AWSResponse, dict[str, Any]] | None:
        endpoint = self._endpoint(params)
        if endpoint is None or not _is_usual(model, params, context) or self.reason_against():
            return None
        request = _Request(self, endpoint, model.name, params, context)
        try:
            reply, retries = self.wire.call(endpoint, request.prepared)
        except LeftToBotocoreError:
            return None
        except Exception as error:
            failure = as_botocore(error) if isinstance(error, WireError) else error
            event = f"after-call-error.dynamodb.{model.name}"
            self._events.emit(event, exception=failure, context=context)
            raise failure from None
        http = _Response(endpoint.url, reply)
        parsed = self._parsed(model, http, reply)
        parsed["ResponseMetadata"].update(retries)
        return http, parsed

    def _endpoint(self, params: dict[str, Any]) -> Endpoint | None:
        url = params["url"]
        if url not in self._endpoints:
            endpoint = endpoint_of(url)
            if self._proxies.get(url.partition(":")[0]):
                self._reason, endpoint = "the requests go through a proxy", None
            elif endpoint is None:
                self._reason = "the endpoint has an unusual URL"
            self._endpoints[url] = endpoint
        return self._endpoints[url]

    def announced(
        self,
        operation: str,
        endpoint: Endpoint,
        headers: dict[str, str],
        body: bytes,
        *,
        is_first: bool,
    ) -> bytes | Reply:
        """
        The request as it travels, once the handlers of `before-send` have seen it, or their reply.

        Raises:
            LeftToBotocoreError: They send the first attempt elsewhere.
        """
        if not self._listeners.hear_sending:
            return message(headers, body)
        encoded: Any = HeadersDict({name: text.encode() for name, text in headers.items()})
        request = AWSPreparedRequest("POST", endpoint.url, encoded, body, False)
        event = f"before-send.dynamodb.{operation}"
        for _, given in self._events.emit(event, request=request):
            if given is not None:
                lower = {name.lower(): text for name, text in given.headers.items()}
                return Reply(given.status_code, lower, given.content)
        if request.url != endpoint.url and is_first:
            raise LeftToBotocoreError
        seen: Any = request.body
        sent: Any = request.headers.items()
        return message({n: t.decode() if type(t) is bytes else t for n, t in sent}, seen)

    @property
    def on_loop(self) -> Mount | None:
        """Itself, if it has made a call, and nobody listens to more than `before-send`."""
        is_heard = self._listeners.need_more_than_sending or self.reason_against()
        return self if self.by_account and not is_heard else None

    def endpoint_for(self, key: Any) -> Endpoint:
        """
        Where botocore sends the requests of the same account.

        Raises:
            LeftToBotocoreError: It has not sent one yet.
        """
        endpoint = self.by_account.get(_account_of(key))
        if endpoint is None:
            raise LeftToBotocoreError
        return endpoint

    def ready_key(self) -> Any:
        """The present credentials; None if that may wait."""
        may_wait = getattr(self._credentials, "may_wait", None)
        return None if may_wait is not None and may_wait() else self.key()

    def key(self) -> Any:
        """The present credentials; it may wait until they are refreshed."""
        if self._credentials is None:
            raise aws.NoCredentialsError
        return self._credentials.get_frozen_credentials()

    def signer_of(self, region: str | None) -> Signer:
        """The signer of a region; None for the client's."""
        region = region or self._region
        signer = self._signers.get(region)
        if signer is None:
            signer = self._signers[region] = Signer(region)
        return signer

    def _parsed(self, model: Any, http: AWSResponse, reply: Reply) -> dict[str, Any]:
        """The reply as botocore parses it, with what its handlers make of it before."""
        is_heard = self._listeners.hear_parsing
        response: dict[str, Any] = {
            "headers": http.headers if is_heard else reply.headers,
            "status_code": reply.status,
            "body": reply.body,
            "context": {"operation_name": model.name},
        }
        custom: dict[str, Any] = {}
        if is_heard:
            event = f"before-parse.dynamodb.{model.name}"
            self._events.emit(
                event,
                operation_model=model,
                response_dict=response,
                customized_response_dict=custom,
            )
        else:
            # The only handler, called without its event.
            before_parse(model, response, custom)
            if response["body"] == ONLY_AN_ITEM and custom:
                # Nothing is left for botocore's parser, and it costs as much as the signature.
                return {**custom, "ResponseMetadata": metadata_of(reply)}
        parsed: dict[str, Any] = self._parser.parse(response, model.output_shape)
        parsed.update(custom)
        if reply.status >= 300:
            shape = model.service_model.shape_for_error_code(parsed["Error"]["Code"])
            if shape is not None:
                parsed.update(self._parser.parse(response, shape))
        return parsed


class _Request:
    """One call's request, signed anew for each attempt."""

    def __init__(
        self,
        mount: Mount,
        endpoint: Endpoint,
        operation: str,
        params: dict[str, Any],
        context: dict[str, Any],
    ) -> None:
        body = params["body"]
        self._mount = mount
        self._endpoint = endpoint
        self._operation = operation
        self._body: bytes = body if type(body) is bytes else body.encode()
        # Source: AWS SDKs, "Retry behavior": headers by which AWS knows a retry.
        self._headers = {**params["headers"], "amz-sdk-invocation-id": invocation_id()}
        self._signer = mount.signer_of(context.get("signing", {}).get("region"))

    def prepared(self, now_s: float, number: int) -> bytes | Reply:
        """See `Prepare`."""
        self._headers["amz-sdk-request"] = f"attempt={number}; max={MAX_ATTEMPTS}"
        key, endpoint = self._mount.key(), self._endpoint
        self._mount.by_account[_account_of(key)] = endpoint
        headers = self._signer.sign(key, endpoint.host_header, self._headers, self._body, now_s)
        return self._mount.announced(
            self._operation, endpoint, headers, self._body, is_first=number == 1
        )


class _Response(AWSResponse):
    """A reply as botocore has it, which makes what few look at when they do."""

    def __init__(self, url: str, reply: Reply) -> None:
        self.url = url
        self.status_code = reply.status
        self.raw = _Raw(reply.body)
        self._reply = reply

    @cached_property
    def headers(self) -> HeadersDict:  # type: ignore[override]  # an attribute of the same kind
        """The headers, whose names have no case."""
        return HeadersDict(self._reply.headers)

    @property
    def content(self) -> bytes:
        """The body."""
        return self._reply.body


class _Raw(io.BytesIO):
    """A body as urllib3 has it."""

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        """The body, in one piece."""
        yield self.read()


def _account_of(key: Any) -> str | None:
    # Older versions of botocore know of none.
    account: str | None = getattr(key, "account_id", None)
    return account


def _is_usual(model: Any, params: dict[str, Any], context: dict[str, Any]) -> bool:
    """True if a request is as all of DynamoDB's are."""
    headers = params["headers"]
    return (
        params["method"] == "POST"
        and _protocol_of(model) == "json"
        and "X-Amz-Target" in headers
        and context.get("auth_type") in ("v4", None)
        and context.get("signing", {}).get("signing_name") in ("dynamodb", None)
        and all(type(text) is str for text in headers.values())
    )


def _protocol_of(model: Any) -> str:
    service = model.service_model
    # Older versions of botocore know one protocol for each service.
    protocol: str = getattr(service, "resolved_protocol", None) or service.protocol
    return protocol
