"""Bytes to text: UTF-8, with or without a byte order mark."""

import codecs

from returns.result import Failure, Result, Success

from cohort_membership.load.text.faults import Fault, Faults
from cohort_membership.problems import Location


def decode_utf8(data: bytes, file: str) -> Result[str, Faults]:
    r"""The text without its byte order mark, or the first byte that is not UTF-8.

    >>> decode_utf8(b"\xef\xbb\xbfdepth", "a.txt").unwrap()
    'depth'
    >>> decode_utf8(b"a\n\xff", "a.txt").failure()[0].got
    'the byte 0xff at offset 2'
    """
    start = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    try:
        return Success(data[start:].decode("utf-8"))
    except UnicodeDecodeError as error:
        offset = start + error.start
        lines = data[:offset].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n")
        got = f"the byte 0x{data[offset]:02x} at offset {offset}"
        return Failure((Fault("UTF-8 text", got, Location(file, lines + 1)),))
