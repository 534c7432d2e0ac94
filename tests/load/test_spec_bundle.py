"""A bundle is its config file and what it includes; whatever cannot be read is told, and nothing more."""

import hashlib
from collections.abc import Callable, Mapping

import pytest
from returns.result import Failure, Result, Success

from cohort_membership.document import List, Node, Scalar
from cohort_membership.load.spec import bundle, includes
from cohort_membership.load.spec.bundle import spec_reader
from cohort_membership.load.spec.decode import decode_spec
from cohort_membership.load.spec.includes import path_in_bundle
from cohort_membership.load.text import tree
from cohort_membership.load.text.faults import Faults
from cohort_membership.load.text.tree import Nodes
from cohort_membership.load.text.yaml import parse_yaml
from cohort_membership.ports import FileReader, ReadFault
from cohort_membership.problems import Location, Problems, SpecInvalid, SpecNotFound, plain_text
from cohort_membership.rules.lists import reference
from cohort_membership.rules.pairs import PairRule
from cohort_membership.spec import Spec, as_levels

FOLDER = "cohorts/demo/spec"
Files = Mapping[str, str | bytes | ReadFault]
Reader = Callable[[Files], FileReader]


@pytest.fixture
def read(in_memory: Reader) -> Callable[[Files], Result[Spec, Problems]]:
    """Reads the cohort `demo` whose bundle holds these files."""

    def read_bundle(files: Files) -> Result[Spec, Problems]:
        return spec_reader(in_memory({f"{FOLDER}/{path}": data for path, data in files.items()}))("demo")

    return read_bundle


Read = Callable[[Files], Result[Spec, Problems]]


def told(problems: Problems) -> list[str]:
    return [f"{str(problem.location).removeprefix(FOLDER + '/')} {problem.code}" for problem in problems]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.yaml", "axes: {combo_id: [a]}"),
        ("config.yml", "axes: {combo_id: [a]}"),
        ("config.json", '{"axes": {"combo_id": ["a"]}}'),
        ("config.json", b'\xef\xbb\xbf{"axes":\t{"combo_id": ["a"]}}'),
        ("config.yaml", b"\xef\xbb\xbfaxes: {combo_id: [a]}"),
    ],
)
def test_the_config_file_is_yaml_or_json(read: Read, name: str, text: str | bytes) -> None:
    spec = read({name: text}).unwrap()
    assert spec.problems == ()
    assert as_levels(spec.axes[0].levels).texts == ("a",)
    assert spec.axes_at is not None
    assert spec.axes_at.file == f"{FOLDER}/{name}"


def test_the_first_name_wins(read: Read) -> None:
    spec = read(
        {"config.json": "{", "config.yml": "axes: {b: [1]}", "config.yaml": "axes: {a: [1]}"}
    ).unwrap()
    assert [axis.name.text for axis in spec.axes] == ["a"]


def test_a_second_config_file_is_told_at_that_file(read: Read) -> None:
    spec = read({"config.json": "{", "config.yaml": "axes: {a: [1]}"}).unwrap()
    assert told(spec.problems) == ["config.json spec-invalid"]
    text = plain_text(spec.problems)
    assert "only config.yaml is read" in text
    assert "remove config.json, or remove config.yaml if config.json is the spec" in text
    assert told(read({"config.json": "", "config.yml": "["}).failure()) == [
        "config.yml:1:2 spec-syntax",
        "config.json spec-invalid",
    ]


def test_a_cohort_that_is_not_found_suggests_the_nearest_in_name(in_memory: Reader) -> None:
    (problem,) = spec_reader(in_memory({}), lambda: ["pilot", "demo-1", "dmo"])("demo").failure()
    assert isinstance(problem, SpecNotFound)
    assert problem.suggestion == "dmo"


@pytest.mark.parametrize("rules", [2, 40])
def test_a_document_is_decoded_once_however_many_rules_and_names_use_it(
    in_memory: Reader, monkeypatch: pytest.MonkeyPatch, rules: int
) -> None:
    asked: list[str] = []

    def counted_parse(text: str, file: str, nodes: Nodes | None = None) -> Result[Node | None, Faults]:
        asked.append(file)
        return parse_yaml(text, file, nodes)

    monkeypatch.setitem(includes.DOCUMENTS, ".yaml", counted_parse)
    pairs = "".join(
        f"    p{n}: {{left: a, right: b, allowed: '@file:{'ab'[n % 2]}.yaml'}}\n" for n in range(rules)
    )
    files = {
        f"{FOLDER}/config.yaml": "axes: {a: [x], b: [y]}\nrules:\n  pairs:\n" + pairs,
        **{f"{FOLDER}/{name}.yaml": "[[x, y], [x, z]]" for name in "ab"},
    }
    spec = spec_reader(in_memory(files))("demo").unwrap()
    assert asked == [f"{FOLDER}/a.yaml"]
    allowed = {id(rule.allowed) for rule in spec.rules if isinstance(rule, PairRule)}
    assert (len(spec.rules), len(allowed)) == (rules, 1)


def test_documents_of_a_bundle_share_a_budget_of_nodes_and_it_is_told_once(
    in_memory: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "MAX_NODES", 20)
    files = {
        f"{FOLDER}/config.yaml": "axes: {a: '@file:a.yaml', b: '@file:b.yaml', c: '@file:c.yaml'}",
        **{
            f"{FOLDER}/{name}.yaml": f"[{name}1, {name}2, {name}3, {name}4, {name}5, {name}6]"
            for name in "abc"
        },
    }
    spec = spec_reader(in_memory(files))("demo").unwrap()
    assert told(spec.problems) == ["b.yaml:1:14 include-invalid"]
    assert [axis.is_clear for axis in spec.axes] == [True, False, False]


def test_the_files_of_a_bundle_have_a_most_of_bytes_together(
    in_memory: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "BUNDLE_LIMIT", 80)
    files = in_memory(
        {f"{FOLDER}/config.yaml": "axes: {a: '@file:a.txt', b: '@file:b.txt'}"}
        | {f"{FOLDER}/{name}.txt": name * 30 for name in "ab"}
    )

    def limited(path: str, /, *, within: str, limit: int) -> Result[bytes, ReadFault]:
        data = files(path, within=within, limit=limit)
        return data.bind(
            lambda data: (
                Success(data) if len(data) <= limit else Failure(ReadFault("too-large", "too many bytes"))
            )
        )

    spec = spec_reader(limited)("demo").unwrap()
    (problem,) = spec.problems
    assert "files of at most 256 MiB in all" in plain_text((problem,))


def test_the_header_of_an_included_table_that_does_not_fit_is_shown(read: Read) -> None:
    spec = read(
        {
            "config.yaml": "axes: {a: [x], b: [y]}\n"
            "rules: {pairs: {p: {left: a, right: b, allowed: '@file:p.csv'}}}\n",
            "p.csv": "left;right\nx;y\n",
        }
    ).unwrap()
    assert "got 1 column (the header is 'left;right', and columns are separated by ',')" in plain_text(
        spec.problems
    )


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("[x, [y], ~, '@file:z']", ["1:5", "1:10", "1:13"]),
        (
            "[[x, y], z, [x], [], [x, {}], [x, []], [x, [y, '']]]",
            ["1:10", "1:13", "1:18", "1:26", "1:35", "1:48"],
        ),
    ],
)
def test_what_is_wrong_in_an_included_list_is_told_once_at_each_place(
    read: Read, text: str, places: list[str]
) -> None:
    use = "{left: a, right: b, allowed: '@file:l.yaml'}"
    config = f"axes: {{a: [x], b: [y]}}\nrules: {{pairs: {{p: {use}, q: {use}}}}}\n"
    spec = read({"config.yaml": config, "l.yaml": text}).unwrap()
    assert told(spec.problems) == [f"l.yaml:{place} spec-invalid" for place in places]


def test_rows_of_an_included_document_must_fit_their_rule(read: Read) -> None:
    tuples = "tuples: {t: {axes: [c, d], items: '@file:t.yaml'}}"
    pairs = "pairs: {p: {left: a, right: b, allowed: '@file:p.yaml'}}"
    config = f"axes: {{a: [x], b: [y]}}\nrules: {{{tuples}, {pairs}}}\n"
    spec = read({"config.yaml": config, "t.yaml": "[[x, [y]]]", "p.yaml": "[[x, y, z]]"}).unwrap()
    assert [str(problem.got) for problem in spec.problems if isinstance(problem, SpecInvalid)] == [
        "rows of lists in 't.yaml'",
        "3 columns in 'p.yaml'",
    ]


def test_a_bundle_without_a_config_file_is_not_found(read: Read) -> None:
    (problem,) = read({}).failure()
    assert problem.code == "spec-not-found"
    assert problem.location == Location(f"{FOLDER}/config.yaml")


@pytest.mark.parametrize(
    ("kind", "code", "is_retryable"),
    [
        ("denied", "spec-unreadable", False),
        ("not-a-file", "spec-unreadable", False),
        ("too-large", "spec-unreadable", False),
        ("outside", "spec-unreadable", False),
        ("unavailable", "storage-unavailable", True),
    ],
)
def test_a_config_file_that_cannot_be_read_says_why(
    read: Read, kind: str, code: str, is_retryable: bool
) -> None:
    fault = ReadFault(kind, "a reason")  # type: ignore[arg-type]
    (problem,) = read({"config.yml": fault, "config.json": "{}"}).failure()
    assert (problem.code, problem.retryable) == (code, is_retryable)
    assert problem.location == Location(f"{FOLDER}/config.yml")
    assert "a reason" in plain_text((problem,))


def test_bytes_that_are_not_utf8_are_told_with_their_line(read: Read) -> None:
    problems = read({"config.yaml": b"axes:\n  a: [\xe9]"}).failure()
    assert told(problems) == ["config.yaml:2 spec-unreadable"]
    assert "0xe9 at offset 12" in plain_text(problems)


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [("config.yaml", "axes:\n  a: [1", "2:8"), ("config.json", '{"axes": }', "1:10")],
)
def test_a_config_file_that_does_not_parse_is_a_failure(read: Read, name: str, text: str, place: str) -> None:
    assert told(read({name: text}).failure()) == [f"{name}:{place} spec-syntax"]


def test_an_empty_config_file_is_told_at_the_file(read: Read) -> None:
    spec = read({"config.yaml": ""}).unwrap()
    assert told(spec.problems) == ["config.yaml spec-invalid"]


@pytest.mark.parametrize(
    "path",
    [
        "../x.csv",
        "/etc/passwd.csv",
        "items/../../x.csv",
        "..",
        "../spec2/x.csv",
        "//x.csv",
        "../../../1_raw/x.csv",
    ],
)
def test_a_path_that_leaves_the_bundle_is_not_read(in_memory: Reader, path: str) -> None:
    asked: list[str] = []
    config = in_memory({f"{FOLDER}/config.yaml": f"axes:\n  a: '@file:{path}'\n"})

    def watched(name: str, /, *, within: str, limit: int) -> Result[bytes, ReadFault]:
        if limit:
            asked.append(name)
        return config(name, within=within, limit=limit)

    spec = spec_reader(watched)("demo").unwrap()
    assert told(spec.problems) == ["config.yaml:2:6 include-outside-bundle"]
    assert asked == [f"{FOLDER}/config.yaml"]


@pytest.mark.parametrize(
    "path", ["items/../a.csv", "./a.csv", "../spec/a.csv", "/".join(["x", "..", "", "a.csv"])]
)
def test_a_path_that_stays_is_read_under_its_plain_name(read: Read, path: str) -> None:
    spec = read({"config.yaml": f"axes: {{a: '@file:{path}'}}", "a.csv": "name\nx\n"}).unwrap()
    assert spec.problems == ()
    assert as_levels(spec.axes[0].levels).places[0] == Location(f"{FOLDER}/a.csv", 2)


@pytest.mark.parametrize("path", ["a.xlsx", "a", "", ".", "csv", "a.csv/.."])
def test_a_format_that_is_not_read_is_told(read: Read, path: str) -> None:
    spec = read({"config.yaml": f"axes:\n  a: '@file:{path}'\n"}).unwrap()
    assert told(spec.problems) == ["config.yaml:2:6 include-invalid"]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("missing", "include-not-found"),
        ("outside", "include-outside-bundle"),
        ("denied", "include-invalid"),
        ("not-a-file", "include-invalid"),
        ("too-large", "include-invalid"),
        ("unavailable", "storage-unavailable"),
    ],
)
def test_an_include_that_cannot_be_read_is_told_at_each_reference(read: Read, kind: str, code: str) -> None:
    fault = ReadFault(kind, "a reason")  # type: ignore[arg-type]
    spec = read({"config.yaml": "axes:\n  a: '@file:x.csv'\n  b: '@file:./x.csv'\n", "x.csv": fault}).unwrap()
    assert told(spec.problems) == [f"config.yaml:2:6 {code}", f"config.yaml:3:6 {code}"]


@pytest.mark.parametrize(
    ("name", "data", "place"),
    [
        ("x.csv", b"name\n\xff", "x.csv:2"),
        ("x.csv", b"", "x.csv"),
        ("x.csv", b'name\n"a', "x.csv:2"),
        ("x.txt", b"a\n\0", "x.txt:2:1"),
        ("x.yaml", b"a:\n- [", "x.yaml:2:4"),
        ("x.yaml", b"- a\n- {b: 1, b: 2}", "x.yaml:2:10"),
        ("x.json", b"[1,\n}", "x.json:2:1"),
        ("x.json", b"{}", "x.json:1:1"),
        ("x.yml", b"", "x.yml"),
    ],
)
def test_a_fault_inside_of_an_include_is_told_there(read: Read, name: str, data: bytes, place: str) -> None:
    spec = read({"config.yaml": f"axes:\n  a: '@file:{name}'\n  b: '@file:./{name}'\n", name: data}).unwrap()
    assert told(spec.problems) == [f"{place} include-invalid"]
    assert [axis.is_clear for axis in spec.axes] == [False, False]


def test_all_problems_of_a_bundle_are_told_together(read: Read) -> None:
    spec = read(
        {
            "config.yaml": "axes:\n  a: '@file:x.csv'\n  b: '@file:y.csv'\n  c: []\n  d: '@file:z.csv'\n",
            "y.csv": "h\nx,y\n\n1,2\n",
            "z.csv": b"\xff",
        }
    ).unwrap()
    assert told(spec.problems) == [
        "config.yaml:2:6 include-not-found",
        "y.csv:2 include-invalid",
        "config.yaml:4:6 spec-invalid",
        "z.csv:1 include-invalid",
    ]


def test_each_file_is_read_once(in_memory: Reader) -> None:
    asked: list[str] = []
    files = in_memory(
        {f"{FOLDER}/config.yaml": "axes: {a: '@file:b.txt', b: '@file:./b.txt', c: '@file:a.txt'}"}
        | {f"{FOLDER}/{name}.txt": name for name in "ab"}
    )

    def watched(path: str, /, *, within: str, limit: int) -> Result[bytes, ReadFault]:
        assert within == FOLDER
        if limit:
            assert limit == 64 * 2**20
            asked.append(path.removeprefix(f"{FOLDER}/"))
        return files(path, within=within, limit=limit)

    assert spec_reader(watched)("demo").unwrap().problems == ()
    assert asked == ["config.yaml", "a.txt", "b.txt"]


def test_the_digest_is_over_names_lengths_and_bytes(read: Read) -> None:
    config = b"axes: {b: '@file:items/b.txt', a: '@file:a.txt'}"
    spec = read({"config.yaml": config, "items/b.txt": b"x\r\n", "a.txt": b"\xef\xbb\xbfy"}).unwrap()
    counted = (
        b"config.yaml\0%d\0%b" % (len(config), config)
        + b"a.txt\x004\0\xef\xbb\xbfy"
        + b"items/b.txt\x003\0x\r\n"
    )
    assert spec.digest == hashlib.sha256(counted).hexdigest()


def test_the_digest_changes_with_any_byte_and_with_nothing_else(read: Read) -> None:
    files = {"config.yaml": "axes: {a: '@file:a.txt'}", "a.txt": "x"}
    digest = read(files).unwrap().digest
    assert read({**files, "other.txt": "y"}).unwrap().digest == digest
    assert read({**files, "a.txt": "x\n"}).unwrap().digest != digest
    assert read({**files, "config.yaml": files["config.yaml"] + "\n"}).unwrap().digest != digest


def test_a_reference_is_a_text_that_begins_with_the_word() -> None:
    assert reference(Scalar(" @file: a b.csv ")) == "a b.csv"
    assert reference(Scalar("file:a.csv")) is None
    assert reference(Scalar("@file:", is_null=True)) is None
    assert reference(List(())) is None


def test_the_folder_itself_is_in_the_bundle_and_its_namesakes_are_not() -> None:
    assert path_in_bundle("", "a/spec") == "."
    assert path_in_bundle("../spec-2/x.csv", "a/spec") is None


def test_a_spec_decodes_to_the_same_value_each_time(read: Read) -> None:
    files = {"config.yaml": "axes: {a: '@file:a.csv'}", "a.csv": "name\nx\n"}
    assert read(files) == read(files)
    assert decode_spec(None, {}, file="f") == decode_spec(None, {}, file="f")
