"""What the build before left of a cohort on the local disk: of which plan it is, and whether it is whole."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cohort_membership.artifacts import CSV, MANIFEST
from cohort_membership.manifest import PLAN_DIGEST, SEEDED
from cohort_membership.stores.local.commit import WORK, all_whole, digests, read_json, tops


@dataclass(frozen=True)
class EarlierBuild:
    """The membership in force in a cohort's folder; its manifest is read once, when it is asked for."""

    folder: Path
    data_root: Path

    def is_of(self, plan_digest: str, *, has_seeds: bool) -> bool:
        """Whether it is of this plan, and has looked at the seeds where that is asked."""
        is_seeded = self._manifest.get(SEEDED) is True
        return self._manifest.get(PLAN_DIGEST) == plan_digest and is_seeded >= has_seeds

    def is_whole(self, table: str, counts: Mapping[str, int]) -> bool:
        """Whether it has these counts, this table and the CSV, all that the manifest lists is there with its
        digest, and no build was interrupted since."""
        if os.path.lexists(self.folder / WORK) or self._manifest.get("counts") != dict(counts):
            return False
        listed = digests(self._manifest)
        return {table, CSV} <= tops(listed) and all_whole(self.folder, listed)

    @cached_property
    def _manifest(self) -> Mapping[str, Any]:
        return read_json(self.folder / MANIFEST, self.data_root) or {}
