"""Whatever bytes a data root holds in place of what a build wrote, reading gives a value or problems."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohort_membership.membership import BuildRequest
from cohort_membership.stores.local.reader import LocalReader
from cohort_membership.wiring import local_builder
from tests.stores.cohorts import lay_out
from tests.stores.damage import FEW, assert_read, damaged, damaged_table


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("derived"), "alpha", "beta")


@FEW
@given(data=st.data())
def test_files_of_a_local_data_root(root: Path, data: st.DataObject) -> None:
    builder, reader = local_builder(root), LocalReader(root)
    home = root / "cohorts/alpha"
    (home / "manifest.json").unlink(missing_ok=True)
    for seed in root.glob("gens/*/*/metadata.json"):
        seed.unlink()
    builder.build(BuildRequest("alpha")).unwrap()
    builder.build(BuildRequest("beta", seed_metadata=False)).unwrap()
    names = [home / "manifest.json", *sorted(root.glob("gens/*/*/metadata.json"))]
    if data.draw(st.booleans()):
        path = data.draw(st.sampled_from(names))
        path.write_bytes(data.draw(damaged(path.read_bytes())))
    else:
        table = data.draw(damaged_table((home / "membership.parquet").read_bytes()))
        manifest = json.loads(names[0].read_bytes())
        manifest["artifacts"]["membership.parquet"]["sha256"] = hashlib.sha256(table).hexdigest()
        (home / "membership.parquet").write_bytes(table)
        names[0].write_text(json.dumps(manifest))
    assert_read(reader, builder)
