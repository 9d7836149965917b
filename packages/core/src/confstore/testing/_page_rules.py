"""What is larger than one answer of a backend."""

from __future__ import annotations

from hypothesis.stateful import precondition, rule

from confstore.testing._machine import is_unplayed
from confstore.testing._poll_rules import PollRules

__all__ = ["PageRules"]


class PageRules(PollRules):
    """
    A store is read and polled whole, however large it is.

    Source of the sizes: AWS, "Query": one answer has at most 1 MB. Seven options of 380 KB fill
    three or four of them, so that a reader who follows the first page and not the second is seen.
    """

    @precondition(is_unplayed("pages"))
    @rule()
    def read_many_pages(self) -> None:
        """Every page is read, and a change on any of them is new."""
        self.played.add("pages")
        options = [f"page {number}" for number in range(7)]
        for number, option in enumerate(options):
            self.do("set", option, {"text": str(number) * 380_000})
        self.check_items(self.store, self.model)
        if hasattr(self.store, "poll"):
            seen = self.poll(None, {})
            self.do("update", options[-1], {"changed": True})
            self.do("delete", options[0])
            self.poll_again(self.poll_again(seen))
            self.do("set", options[0], {})
        for option in options:
            self.do("delete", option)
