"""Settings for the whole suite: no deadlines on a shared machine, files in memory, stores by their extras."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("suite", deadline=None, print_blob=True)
settings.load_profile("suite")

STORES = {"sqlite": "adbc_driver_sqlite", "delta": "deltalake"}
"""What a store needs, by the name that it has as a parameter of tests."""

_MEMORY, _ROOM = Path("/dev/shm"), 4 * 2**30


def pytest_configure() -> None:
    """Let temporary folders be in memory where there is room: a build syncs its files, and tests build
    thousands of times."""
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is parametrised with a store whose extra is not installed."""
    missing = {store: module for store, module in STORES.items() if find_spec(module) is None}
    for item in items:
        call = getattr(item, "callspec", None)
        for value in call.params.values() if call and missing else ():
            if isinstance(value, str) and value in missing:
                item.add_marker(pytest.mark.skip(f"no module {missing[value]}"))
