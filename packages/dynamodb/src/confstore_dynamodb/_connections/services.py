"""The descriptions of AWS's services that come with botocore, each found without the others."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader, create_loader

__all__ = ["find_services_singly"]


def find_services_singly(session: Any) -> None:
    """
    Have a session of ours look for the service that a client is made for, and not for every one.

    Botocore reads 400 folders, twice, to learn that it knows a service: a tenth of the time to make
    a client. Its loader is a component that a session may be given.
    """
    usual = create_loader(session.get_config_variable("data_path"))
    loader = _Loader(usual.search_paths, include_default_search_paths=False)
    session.register_component("data_loader", loader)


class _Loader(Loader):
    """Botocore's loader, which lists the services only for whoever looks at them all."""

    def list_available_services(self, type_name: str) -> Any:
        """See botocore."""
        return _Services(self, type_name)


class _Services(Sequence[str]):
    """The names of the services that have a description of one type."""

    def __init__(self, loader: _Loader, type_name: str) -> None:
        self._loader = loader
        self._type_name = type_name

    def __contains__(self, service: object) -> bool:
        try:
            return bool(self._loader.list_api_versions(str(service), self._type_name))
        except DataNotFoundError:
            return False

    @cached_property
    def _all(self) -> list[str]:
        return Loader.list_available_services(self._loader, self._type_name)

    def __getitem__(self, index: Any) -> Any:
        return self._all[index]

    def __len__(self) -> int:
        return len(self._all)
