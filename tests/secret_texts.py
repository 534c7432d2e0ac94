"""Texts that people give as an address, with a password in them that no output may show."""

import re
from urllib.parse import quote

from hypothesis import strategies as st

FORMS = (
    *("postgresql://u:{raw}@h/db", "postgresql://:{raw}@h:5432/db", "postgresql:/u:{raw}@h/db"),
    *("postgresql://u:{quoted}@h/db", "postgresql://h:5432/db?password={quoted}", "postgres:u:{raw}@h"),
    *("jdbc:postgresql://h/db?user=u&password={raw}", "jdbc:postgresql://u:{raw}@h/db"),
    *("host=h dbname=d password={raw}", "password={raw} host=h", "Server=h;Password={raw}", "PWD={raw};h"),
    *("s3://k:{raw}@b/x", "s3://k:{quoted}@b/x", "s3://b/x?sig={raw}", "S3A://k:{raw}@b", "gs://k:{raw}@b/x"),
    *("delta+s3://k:{raw}@b/x", "delta+postgresql://u:{raw}@h/db", "az://c/x?{quoted}", "memory://u:{raw}@/"),
    *("ftp://u:{raw}@h/x", "mysql+pymysql://u:{raw}@h/x", "//u:{raw}@h/db", "u:{raw}@h/db", ":{raw}@h"),
    *("sqlite://u:{raw}@h/x.db", "sqlite:///x.db?key={raw}", "file://u:{raw}@h/x", "dask://u:{raw}@h:1"),
    *(" postgresql://u:{raw}@h/db", "data/../postgresql://u:{raw}@h/db", "data postgresql://u:{raw}@h/db"),
    *("/srv/x;password={raw}", "./host=h password={raw}", "~/x;pwd={raw}", "POSTGRES://u:{raw}@h/db?x=1"),
)
"""What people give as an address, with a password in it: as it is, or escaped as a URL wants it."""

_BETWEEN = st.lists(st.sampled_from(list("@:/?#%= ;.,'\"[]\\~é\n")), min_size=0, max_size=3)

PIECE = re.compile(r"QQ\dzz")
"""A part of a password; between two of them stands what tears texts and addresses apart."""


def _address(form: str, separators: list[list[str]]) -> str:
    parts = ["".join(some) for some in separators]
    password = "QQ0zz" + "".join(f"{part}QQ{number}zz" for number, part in enumerate(parts, start=1))
    return form.format(raw=password, quoted=quote(password, safe=""))


SECRET_TEXTS = st.builds(_address, st.sampled_from(FORMS), st.lists(_BETWEEN, min_size=1, max_size=3))
