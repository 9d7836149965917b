"""TLS of one connection on a loop: what is sent and received, encrypted and decrypted."""

from __future__ import annotations

import asyncio
import socket
import ssl

__all__ = ["LoopTLS"]

_RECORD_B = 16_384
"""Source: RFC 8446, section 5.1: what a record holds at most."""


class LoopTLS:
    """
    TLS of one connection, by the standard library's object for it, which does no input or output.

    Not by asyncio's transport, with which a read costs a tenth more: that one reads on after each
    record until an exception says that there is no other.

    Attributes:
        is_ended: The other side has said that it sends no more.
    """

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._received, self._unsent = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._unsent, server_hostname=host)
        self.is_ended = False

    async def shake_hands(self, loop: asyncio.AbstractEventLoop, connection: socket.socket) -> None:
        """
        Agree on a key with the other side, which proves who it is.

        Raises:
            OSError: The connection was lost, or it is an `ssl.SSLError`.
        """
        while True:
            is_agreed = self._is_agreed()
            await loop.sock_sendall(connection, self._unsent.read())
            if is_agreed:
                return
            received = await loop.sock_recv(connection, _RECORD_B)
            if not received:
                raise ConnectionResetError("closed during the handshake of TLS")
            self._received.write(received)

    def _is_agreed(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def encrypted(self, text: bytes) -> bytes:
        """
        Encrypt a text, and return the bytes to send.

        Raises:
            ssl.SSLError: The connection cannot be used any more.
        """
        self._tls.write(text)
        return self._unsent.read()

    def decrypted(self, received: bytes) -> bytes:
        """
        Decrypt what was received; nothing if it was no whole record, or none for us.

        Raises:
            ssl.SSLError: It is no TLS, or somebody has changed it.
        """
        self._received.write(received)
        parts = []
        try:
            while True:
                part = self._tls.read(_RECORD_B)
                parts.append(part)
                self.is_ended = not part
                if self.is_ended or not (self._received.pending or self._tls.pending()):
                    break
        except ssl.SSLWantReadError:
            pass
        return b"".join(parts)

    def unsent(self) -> bytes:
        """Bytes that TLS itself has to send, as its answer to a change of keys; mostly none."""
        return self._unsent.read()
