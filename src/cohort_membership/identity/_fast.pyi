from typing import Any, TypeAlias

Buffer: TypeAlias = Any
"""Contiguous bytes: bytes, or an array of the dtype that is named in `_fast.c`."""

def ids_into(
    slots: Buffer,
    label: bytes,
    heads: Buffer,
    head_sizes: Buffer,
    head_pitch: int,
    tails: Buffer,
    tail_sizes: Buffer,
    tail_pitch: int,
    head_index: Buffer,
    tail_index: Buffer,
    start: int,
    stop: int,
    /,
) -> None: ...
def lines_into(lines: Buffer, label: bytes, slots: Buffer, width: int, /) -> int: ...
def digits_into(slots: Buffer, label: bytes, digests: bytes, /) -> None: ...
