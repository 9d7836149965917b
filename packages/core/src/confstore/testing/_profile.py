"""How long a contract searches for a mistake."""

from __future__ import annotations

import attrs
from hypothesis import HealthCheck, Phase, settings

__all__ = ["Profile"]


def _positive(_: object, attribute: attrs.Attribute[int], number: int) -> None:
    if number < 1:
        message = f"{attribute.name} is at least 1"
        raise ValueError(message)


@attrs.frozen
class Profile:
    """
    How long a contract searches for a mistake.

    The default finds every broken store that core's own tests know, each time; more examples find
    what nobody thought of.

    Attributes:
        examples: How many sequences of calls are tried, each on an empty backend.
        steps: How many steps one of them has at most.
    """

    examples: int = attrs.field(default=40, validator=_positive)
    steps: int = attrs.field(default=30, validator=_positive)

    def settings(self) -> settings:
        """
        What Hypothesis is told; the rest is as in its current profile.

        Its choices are not derandomized: a contract that tries the same sequences for ever finds
        nothing new, and a failure is repeated from its database, or from the printed blob.
        """
        return settings(
            max_examples=self.examples,
            stateful_step_count=self.steps,
            # A backend behind a network is as slow as it is.
            deadline=None,
            # One mistake shows in many rules: the first is enough, and shortened in a third of the
            # time. What the explain phase would say of an example is seen by reading it.
            report_multiple_bugs=False,
            phases=set(settings().phases) - {Phase.explain},
            print_blob=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
