from confstore._values.canonical import check_size
from confstore._values.read_only import ReadOnlyDict, freeze


def merge_update(option, old, changed, removed):
    merged = {k: v for k, v in {**old, **changed}.items() if k not in removed}
    check_size(option, merged)
    return freeze(merged)


def apply_changes(options, changes):
    for c in changes:
        if c.values is None:
            options.pop(c.option, None)
        else:
            options[c.option] = c.values


def select(values, keys):
    return values if keys is None else ReadOnlyDict({k: v for k, v in values.items() if k in keys})


class Ability:
    pass


def ability(store, protocol):
    names = {
        "PollableStore": ["poll"],
        "BulkStore": ["apply"],
        "JournaledStore": ["commit", "commits", "version", "enable_journal"],
    }[protocol.__name__]
    return store if all(hasattr(store, n) for n in names) else None
