"""
Rewrap: the secrets of a store, sealed again by the key that seals now.

The plaintexts stay; afterwards the older keys open nothing that is in the store.
"""

from __future__ import annotations

from collections.abc import Collection

from confstore._journal.plans import Plan
from confstore._stores.given import checked_object
from confstore._stores.protocols import JournaledStore, SealingStore, Store, ability

__all__ = ["plan_rewrap"]


def plan_rewrap(store: Store, options: Collection[str] | None = None) -> Plan:
    """
    Plan to seal again, by the key that seals now, whatever an older key had sealed.

    A secret that cannot be opened stays as it is; the log names it.

    Args:
        store: A store that seals.
        options: The only options of interest; None means every one.

    Raises:
        OptionNotFoundError: One of the options does not exist.
        SecretError: A secret cannot be sealed.
        TypeError: The store does not seal.
    """
    sealing: SealingStore | None = ability(checked_object(store), SealingStore)
    if sealing is None:
        message = f"store {store.name!r} does not seal secrets: wrap it in a SealedStore"
        raise TypeError(message)
    journaled = ability(sealing.beneath, JournaledStore)
    version = journaled.version() if journaled is not None and journaled.is_journaled() else 0
    beneath = sealing.beneath
    old = dict(beneath.items() if options is None else [(one, beneath.get(one)) for one in options])
    new = {option: dict(sealing.rewrapped(option, values)) for option, values in old.items()}
    return Plan.between(version, old, new)
