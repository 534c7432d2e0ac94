"""Whatever bytes an object store holds in place of what a build wrote, reading gives a value or problems."""

import hashlib
import json
from pathlib import Path

import obstore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohort_membership.membership import BuildRequest
from cohort_membership.persist import Guarded
from cohort_membership.pipeline import CohortMembershipBuilder
from cohort_membership.stores.addresses import parse_address
from cohort_membership.stores.objects.client import open_objects
from cohort_membership.stores.objects.reader import ObjectReader
from cohort_membership.stores.objects.store import ObjectStore
from cohort_membership.wiring import local_builder
from tests.stores.cohorts import lay_out
from tests.stores.damage import FEW, assert_read, damaged, damaged_table


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("derived"), "alpha", "beta")


class Objects:
    """An object store in memory, as the builds of `alpha` and `beta` left it."""

    def __init__(self, root: Path) -> None:
        client = open_objects(parse_address("memory:///").unwrap()).unwrap()
        self.objects, self.reader = client.objects, ObjectReader(client)
        standard = local_builder(root)
        write = Guarded(ObjectStore(client), self.reader)
        self.builder = CohortMembershipBuilder(standard.read_spec, standard.read_catalogs, write)
        self.builder.build(BuildRequest("alpha")).unwrap()
        self.builder.build(BuildRequest("beta", seed_metadata=False)).unwrap()
        listed = [one["path"] for page in obstore.list(self.objects) for one in page]
        self.whole = {path: bytes(obstore.get(self.objects, path).bytes()) for path in sorted(listed)}

    def put(self, path: str, data: bytes) -> None:
        obstore.put(self.objects, path, data)

    def restore(self) -> None:
        for path in [one["path"] for page in obstore.list(self.objects) for one in page]:
            if path not in self.whole:
                obstore.delete(self.objects, path)
        for path, data in self.whole.items():
            self.put(path, data)


@pytest.fixture(scope="module")
def objects(root: Path) -> Objects:
    return Objects(root)


@FEW
@given(data=st.data())
def test_json_of_an_object_store(objects: Objects, data: st.DataObject) -> None:
    objects.restore()
    path = data.draw(st.sampled_from([one for one in objects.whole if one.endswith(".json")]))
    objects.put(path, data.draw(damaged(objects.whole[path])))
    assert_read(objects.reader, objects.builder)


@FEW
@given(data=st.data())
def test_a_table_of_an_object_store_whose_digest_the_manifest_names(
    objects: Objects, data: st.DataObject
) -> None:
    objects.restore()
    home = "cohorts/alpha"
    table = data.draw(damaged_table(objects.whole[f"{home}/membership.parquet"]))
    manifest = json.loads(objects.whole[f"{home}/manifest.json"])
    digest = hashlib.sha256(table).hexdigest()
    manifest["artifacts"]["membership.parquet"]["sha256"] = digest
    objects.put(f"{home}/manifest.json", json.dumps(manifest).encode())
    for path in (f"{home}/membership.parquet", f"{home}/versions/{digest}/membership.parquet"):
        objects.put(path, table)
    assert_read(objects.reader, objects.builder)
