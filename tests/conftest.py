"""Settings for the whole suite: hypothesis without deadlines on a shared machine, and files in memory."""

import os
import shutil
from pathlib import Path

from hypothesis import settings

settings.register_profile("suite", deadline=None, print_blob=True)
settings.load_profile("suite")

_MEMORY, _ROOM = Path("/dev/shm"), 4 * 2**30


def pytest_configure() -> None:
    """Let temporary folders be in memory where there is room: a build syncs its files, and tests build
    thousands of times."""
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))
