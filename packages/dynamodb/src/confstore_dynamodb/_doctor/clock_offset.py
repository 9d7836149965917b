"""The offset of this machine's clock from DynamoDB's."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from confstore import Finding

__all__ = ["clock_finding"]

# Source: AWS, "Elements of an AWS API request signature": a request must reach AWS within five
# minutes of the time stamp in it.
_LIMIT_S = 300
# Far more than a reply takes, and than the second to which its date is rounded.
_NOTABLE_S = 60


def clock_finding(headers: Mapping[str, str], began_s: float, ended_s: float) -> Finding:
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
    if abs(offset_s) < _NOTABLE_S:
        return Finding("clock", True, f"within {_NOTABLE_S} s of DynamoDB's")
    direction = "ahead of" if offset_s > 0 else "behind"
    text = f"{abs(offset_s):,} s {direction} DynamoDB's"
    advice = f"set it by NTP: AWS refuses what is signed more than {_LIMIT_S} s off"
    return Finding("clock", abs(offset_s) < _LIMIT_S, text, advice)
