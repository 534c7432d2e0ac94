"""A bucket as a test sees it: whole, past the gate and past the code under test."""

from dataclasses import dataclass
from typing import Any

import obstore
from obstore.store import S3Store

from tests.stores.s3_server import Fault, Request, S3Server


@dataclass
class Bucket:
    s3: S3Server
    name: str

    @property
    def address(self) -> str:
        return f"s3://{self.name}/data"

    @property
    def objects(self) -> Any:
        return S3Store(self.name, prefix="data", client_options={"allow_http": True})

    def contents(self) -> dict[str, bytes]:
        objects = self.objects
        listed = [one["path"] for page in obstore.list(objects) for one in page]
        return {path: bytes(obstore.get(objects, path).bytes()) for path in sorted(listed)}

    def restore(self, contents: dict[str, bytes]) -> None:
        """Make the bucket hold this and nothing else."""
        objects = self.objects
        for path in [one["path"] for page in obstore.list(objects) for one in page]:
            if path not in contents:
                obstore.delete(objects, path)
        for path, data in contents.items():
            obstore.put(objects, path, data)

    def put(self, path: str, data: bytes) -> None:
        obstore.put(self.objects, path, data)

    def spoil(self, fault: Fault, number: int, *, forever: bool = False) -> None:
        """Spoil the request with this number, counted from now on; or all from it on."""
        self.s3.reset()

        def spoiled(request: Request) -> Fault:
            is_hit = request.number >= number if forever else request.number == number
            return fault if is_hit else None

        self.s3.spoil = spoiled

    def heal(self) -> None:
        self.s3.reset()
