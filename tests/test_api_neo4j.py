"""Every command gives the same bytes from Neo4j as from a SQLite file, on all the shipped data."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.answers import Answers
from api.settings import Settings
from tests.neo4j_server import Given, Server
from tests.shell import Shell

QUESTIONS = (
    ("gaps", "锂电池", "--region", "长沙", "--at", "2014"),
    ("gaps", "锂电池", "--region", "长沙", "--at", "2018-06-30"),
    ("gaps", "工程机械", "--region", "益阳高新区"),
    ("gaps", "锂电池", "--min-grade", "press"),
    ("gaps", "锂电池", "--known-at", "2999"),
    ("chain", "工程机械"), ("matrix",), ("matrix", "--chain", "锂电池", "--region", "长沙"),
    ("compare", "锂电池", "--region", "长沙", "--from", "2014", "--to", "today"),
    ("suppliers", "华为"), ("customers", "金博股份"), ("customers", "金搏股份"),
    ("path", "金博股份", "杉杉能源"), ("path", "信维电科", "科力尔"),
    ("company", "金博股份"), ("show", "Park", "益阳高新区"), ("show", "suppliesTo", "华为"),
    ("list", "operatesIn", "--limit", "20"), ("list", "Company"), ("sources",),
    ("sources", "湖南日报", "--urls"), ("search", "金博"), ("search", "hncz"), ("ontology",),
    ("ontology", "Company"), ("start", "--answer-only"),
)


@pytest.fixture
def both(neo4j_empty: Server | Given, tmp_path: Path) -> Iterator[tuple[Shell, Shell]]:
    """The shipped data in Neo4j, and the same history in a SQLite file."""
    (tmp_path / "neo4j").mkdir()
    server = Shell(tmp_path / "neo4j", neo4j_empty.store)
    assert server.json("load")["rejected"] == 0
    server.run("backup", str(tmp_path / "copy.db"))
    yield server, Shell(tmp_path, f"sqlite:///{(tmp_path / 'copy.db').as_posix()}")


def test_every_command_gives_the_same_bytes(both: tuple[Shell, Shell], shell: Shell) -> None:
    server, file = both
    assert server.json("gaps", "锂电池")["version"] == shell.json("gaps", "锂电池")["version"]
    for question in QUESTIONS:
        code = int("金搏股份" in question)
        for more in ((), ("--json",)):
            assert server.run(*question, *more, code=code) == file.run(
                *question, *more, code=code), question
    for kind in ("csv", "nquads", "graphml"):
        assert exported(server, kind) == exported(file, kind)
    assert_all_kinds(server, file)
    assert_changes(server, file)


def exported(shell: Shell, kind: str) -> dict[str, bytes]:
    shell.run("export", "--format", kind, "-o", kind)
    target = shell.folder / kind
    return {file.name: file.read_bytes() for file in sorted(
        target.iterdir() if target.is_dir() else [target])}


def assert_all_kinds(server: Shell, file: Shell) -> None:
    answers = [Answers(Settings.read(shell.environ)) for shell in (server, file)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.environ", server.environ)
        for kind in answers[0].ontology.kinds:
            one, other = (json.dumps(a.list(kind), sort_keys=True) for a in answers)
            assert one == other
    for answer in answers:
        answer.close()


def assert_changes(server: Shell, file: Shell) -> None:
    """Adding, taking back and loading again report and leave the same."""
    for command in (
            ("add", "suppliesTo", "供应商=金博股份", "客户=比亚迪", "--source", "走访"),
            ("add", "Company", "企业名称=金博股份", "主营产品=新品", "--source", "走访"),
            ("load",), ("gaps", "锂电池"), ("retract", "走访"), ("retract", "hunan-press"),
            ("gaps", "锂电池"), ("load", "--dry-run"), ("list", "Company"), ("load",),
            ("customers", "金博股份")):
        assert server.json(*command) == file.json(*command), command
