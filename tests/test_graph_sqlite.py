"""The SQLite file: where it lies, what may be wrong with it, and that a kill never harms it."""

import os
import random
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from graph import sqlite_file, sqlite_restore
from graph.record import Record
from graph.sqlite import SQLiteStore
from graph.sqlite_restore import save
from graph.store import open_store, restore, sqlite_path
from ontology.errors import StoreError
from ontology.model import Ontology


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.db"


def firms(count: int, source: str = "Source:报", note: str = "") -> list[Record]:
    return [Record(f"Company:{i:05}", "Company", source, {"name": f"{i:05}", "note": note or "无"})
            for i in range(count)]


def fill(store: SQLiteStore, records: list[Record], origin: str = "press") -> None:
    with store.write() as writer:
        writer.put(origin, records)
        writer.retract_unseen(origin)
        writer.commit()


def filled(path: Path, ontology: Ontology, count: int = 400) -> tuple[str, str]:
    """A closed store and its hashes."""
    with SQLiteStore(path, ontology) as store:
        fill(store, firms(count))
        return store.version(), store.history_hash()


def hashes(path: Path, ontology: Ontology) -> tuple[str, str]:
    with SQLiteStore(path, ontology) as store:
        store.verify()
        return store.version(), store.history_hash()


# Where it lies -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("url", "file"), [
    ("sqlite://", None), ("sqlite:///", None), ("sqlite:///a/b.db", "a/b.db"),
    ("sqlite:////data/x.db", "/data/x.db"), ("sqlite:///C:/x.db", "C:/x.db"),
    ("sqlite:////C:/x.db", "C:/x.db"), ("sqlite:///%E6%B9%98%20%E9%93%BE.db", "湘 链.db"),
    ("sqlite:///湘#链.db", "湘#链.db"),
])
def test_a_url_names_a_file(url: str, file: str | None) -> None:
    assert sqlite_path(url) == file


@pytest.mark.parametrize("url", ["sqlite://x.db", "sqlite:///x.db?mode=ro", "mysql://x", "x.db"])
def test_a_wrong_url_is_explained(url: str, ontology: Ontology) -> None:
    with pytest.raises(StoreError, match="sqlite:///"):
        open_store(url, ontology)


def test_names_with_odd_characters_and_missing_folders_work(
        tmp_path: Path, ontology: Ontology, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "甲 乙" / "100%?#" / "x.db"
    version = filled(file, ontology)
    assert file.stat().st_size and hashes(file, ontology) == version
    monkeypatch.chdir(file.parent)
    assert hashes(Path("x.db"), ontology) == version


@pytest.mark.parametrize("how", [{"create": False}, {"read_only": True}])
def test_a_store_that_does_not_exist_reads_as_empty(
        path: Path, ontology: Ontology, how: dict[str, bool]) -> None:
    store = SQLiteStore(path, ontology, **how)
    assert list(store.records()) == [] and not path.exists()
    with pytest.raises(StoreError, match="xianglian load"), store.write():
        raise AssertionError
    with pytest.raises(StoreError, match="xianglian load"):
        store.backup(path)
    store.close()
    assert not path.exists()


def test_the_first_load_and_later_ones_make_the_same_schema(
        path: Path, ontology: Ontology) -> None:
    SQLiteStore(path, ontology).close()
    with closing(sqlite3.connect(path)) as connection:
        before = set(connection.execute("SELECT name, sql FROM sqlite_master"))
    filled(path, ontology)
    with closing(sqlite3.connect(path)) as connection:
        assert set(connection.execute("SELECT name, sql FROM sqlite_master")) == before


# What may be wrong with it -----------------------------------------------------------------------


@contextmanager
def unprivileged() -> Iterator[None]:
    """As root nothing is read-only; be somebody else for a while."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def refused(path: Path, ontology: Ontology, match: str) -> None:
    """Opening, or at the latest reading, gives a sentence."""
    with pytest.raises(StoreError, match=match), SQLiteStore(path, ontology) as store:
        list(store.records())
        store.columns()
        store.verify()


@pytest.mark.parametrize("content", [b"not a database" * 20, b"x", b"PK\x03\x04" + b"\0" * 200])
def test_a_file_that_is_no_database_is_refused_and_not_touched(
        path: Path, ontology: Ontology, content: bytes) -> None:
    path.write_bytes(content)
    refused(path, ontology, "不是湘链的存储文件")
    assert path.read_bytes() == content and list(path.parent.iterdir()) == [path]


def test_the_database_of_another_program_is_refused_and_not_touched(
        path: Path, ontology: Ontology) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE diary (day TEXT)")
    content = path.read_bytes()
    refused(path, ontology, "别的程序")
    with SQLiteStore(path.with_name("y.db"), ontology) as store:
        store.backup(path.with_name("b.db"))
    with pytest.raises(StoreError, match="别的程序"):
        restore(f"sqlite:///{path.as_posix()}", path.with_name("b.db"), ontology, overwrite=True)
    assert path.read_bytes() == content


@pytest.mark.parametrize("share", [0.99, 0.5, 0.05])
def test_a_cut_file_is_noticed(path: Path, ontology: Ontology, share: float) -> None:
    filled(path, ontology)
    content = path.read_bytes()
    path.write_bytes(content[:int(len(content) * share)])
    refused(path, ontology, "不完整")


def test_damaged_pages_are_noticed(path: Path, ontology: Ontology) -> None:
    filled(path, ontology, 3000)
    content = path.read_bytes()
    for page in range(1, len(content) // 4096):
        damaged = bytearray(content)
        damaged[page * 4096:page * 4096 + 8] = b"\xff" * 8
        path.write_bytes(damaged)
        refused(path, ontology, "已损坏")


def test_a_single_flipped_bit_in_a_text_is_noticed(path: Path, ontology: Ontology) -> None:
    with SQLiteStore(path, ontology) as store:
        fill(store, firms(300, note="远在长沙"))
    content = path.read_bytes()
    for text in ("远在长沙".encode(), b"Company:00123", b'"name"'):
        place = content.rindex(text)
        path.write_bytes(content[:place + 2] + bytes([content[place + 2] ^ 1])
                         + content[place + 3:])
        refused(path, ontology, "已损坏")


def test_a_read_only_place_can_be_read_but_not_written(ontology: Ontology) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "x.db"
        version = filled(file, ontology)
        file.chmod(stat.S_IREAD | stat.S_IRGRP | stat.S_IROTH)
        folder.chmod(0o555)
        try:
            with unprivileged():
                assert hashes(file, ontology) == version
                with SQLiteStore(file, ontology) as store:
                    assert store.version() == version[0]
                    with pytest.raises(StoreError, match=r"只读|打不开"), store.write():
                        raise AssertionError
        finally:
            folder.chmod(0o755)
            file.chmod(0o644)


def test_a_store_opened_read_only_is_not_written(path: Path, ontology: Ontology) -> None:
    filled(path, ontology)
    with SQLiteStore(path, ontology, read_only=True) as store:
        assert list(store.records()) == firms(400)
        with pytest.raises(StoreError, match="只读"), store.write():
            raise AssertionError


def test_a_place_where_no_file_can_be_is_explained(tmp_path: Path, ontology: Ontology) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    refused(tmp_path, ontology, str(tmp_path.name))
    refused(tmp_path / "file" / "x.db", ontology, "建不了文件夹")


def test_a_full_disk_stops_the_load_and_harms_nothing(path: Path, ontology: Ontology) -> None:
    version = filled(path, ontology)
    with SQLiteStore(path, ontology) as store:
        with pytest.raises(StoreError, match="磁盘已满"), store.write() as writer:
            writer._connection.execute("PRAGMA max_page_count = 60")
            for turn in range(100):
                writer.put("more", firms(100, f"Source:{turn}"))
            writer.commit()
        assert store.version() == version[0]
        fill(store, firms(500), "more")
    assert hashes(path, ontology) != version


def test_another_program_that_writes_is_named(path: Path, ontology: Ontology) -> None:
    filled(path, ontology)
    with (child(path, "with store.write():\n print('ready', flush=True)\n time.sleep(60)") as other,
          SQLiteStore(path, ontology) as store):
        try:
            assert other.stdout is not None and other.stdout.readline() == b"ready\n"
            start = time.monotonic()
            with (pytest.raises(StoreError, match=f"进程 {other.pid}（主机 .+正在写入"),
                  store.write(wait=0.3)):
                raise AssertionError
            assert 0.3 <= time.monotonic() - start < 5
        finally:
            other.kill()
        other.wait()
        fill(store, firms(3))
    assert not Path(f"{path}-writer").exists()


def test_a_newer_file_is_refused_by_name(path: Path, ontology: Ontology) -> None:
    filled(path, ontology)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    refused(path, ontology, "更新版本的湘链写成（它的结构版本是 99")
    with pytest.raises(StoreError, match="更新版本"):
        restore(f"sqlite:///{path.with_name('y.db').as_posix()}", path, ontology)


def make_version_1(path: Path) -> None:
    """What the first version wrote: no table of sums, no index of retractions."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE tally")
        connection.execute("DROP INDEX record_retracted")
        connection.execute("UPDATE meta SET value = ''")
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
        connection.execute("PRAGMA journal_mode = DELETE")


def test_an_older_file_is_brought_up_to_date_after_a_backup(
        path: Path, ontology: Ontology) -> None:
    with SQLiteStore(path, ontology) as store:
        fill(store, firms(50))
        fill(store, firms(40, note="新"))
        fill(store, firms(45), "other")
        version = store.version(), store.history_hash()
    make_version_1(path)
    old = path.read_bytes()
    with pytest.raises(StoreError, match="较旧"):
        SQLiteStore(path, ontology, read_only=True)
    assert path.read_bytes() == old
    SQLiteStore(path, ontology).close()
    assert hashes(path, ontology) == version
    backup = path.with_name("x.db.backup-v1")
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    target = path.with_name("y.db")
    restore(f"sqlite:///{target.as_posix()}", backup, ontology)
    assert hashes(target, ontology) == version


# Backup and restore ------------------------------------------------------------------------------


def test_a_backup_restores_content_and_history(path: Path, ontology: Ontology) -> None:
    version, backup = filled(path, ontology), path.with_name("b.db")
    url = f"sqlite:///{path.as_posix()}"
    with SQLiteStore(path, ontology) as store:
        store.backup(backup)
        with pytest.raises(StoreError, match="已经存在"):
            store.backup(backup)
        store.backup(backup, overwrite=True)
        fill(store, firms(5))
        with pytest.raises(StoreError, match="没有覆盖"):
            restore(url, backup, ontology)
        restore(url, backup, ontology, overwrite=True)
        assert store.version() == version[0]
        fill(store, firms(7))
    assert hashes(path, ontology) != version == hashes(backup, ontology)
    assert sorted(p.name for p in path.parent.iterdir()) == ["b.db", "x.db"]


def test_a_damaged_backup_does_not_replace_a_good_store(path: Path, ontology: Ontology) -> None:
    version, backup = filled(path, ontology), path.with_name("b.db")
    with SQLiteStore(path, ontology) as store:
        store.backup(backup)
    content = bytearray(backup.read_bytes())
    place = content.rindex(b"Company:00123")
    content[place + 10] ^= 1
    for damaged in (bytes(content), bytes(content[:len(content) // 2]), b"zip"):
        backup.write_bytes(damaged)
        with pytest.raises(StoreError):
            restore(f"sqlite:///{path.as_posix()}", backup, ontology, overwrite=True)
        assert hashes(path, ontology) == version
    with pytest.raises(StoreError, match="没有备份文件"):
        restore(f"sqlite:///{path.as_posix()}", path.with_name("no"), ontology)


def test_a_store_that_cannot_be_opened_is_set_aside_by_a_restore(
        path: Path, ontology: Ontology) -> None:
    version, backup = filled(path, ontology), path.with_name("b.db")
    with SQLiteStore(path, ontology) as store:
        store.backup(backup)
    damaged = path.read_bytes()[:9000]
    path.write_bytes(damaged)
    restore(f"sqlite:///{path.as_posix()}", backup, ontology, overwrite=True)
    assert hashes(path, ontology) == version
    assert path.with_name("x.db.damaged").read_bytes() == damaged


def test_a_restore_waits_for_a_writer(path: Path, ontology: Ontology) -> None:
    filled(path, ontology)
    with SQLiteStore(path, ontology) as store:
        store.backup(path.with_name("b.db"))
        with store.write(), pytest.raises(StoreError, match="正在写入"):
            sqlite_restore.restore(path.with_name("b.db"), path, ontology, overwrite=True,
                                   wait=0.2)


def test_another_back_end_can_save_its_history(path: Path, ontology: Ontology) -> None:
    with SQLiteStore(None, ontology) as store:
        fill(store, firms(20))
        fill(store, firms(10))
        save(store.history(), path, ontology)
        assert hashes(path, ontology) == (store.version(), store.history_hash())
    assert list(path.parent.iterdir()) == [path]


def test_the_note_of_who_writes_may_be_missing_or_garbled(path: Path) -> None:
    assert sqlite_file.holder(path) == "另一个程序"
    Path(f"{path}-writer").write_text("{", encoding="utf-8")
    assert sqlite_file.holder(path) == "另一个程序"


# Kills -------------------------------------------------------------------------------------------

LOADS, SIZE = 8, 120


def child(path: Path, script: str) -> "subprocess.Popen[bytes]":
    head = ("import sys, time\n"
            "from graph.record import Record\n"
            "from graph.sqlite import SQLiteStore\n"
            "from ontology.compiler import load_ontology\n"
            "store = SQLiteStore(sys.argv[1], load_ontology())\n")
    return subprocess.Popen([sys.executable, "-c", head + script, str(path)],
                            cwd=Path(__file__).parent.parent, stdout=subprocess.PIPE)


LOADING = f"""
print('ready', flush=True)
for load in range({LOADS}):
    with store.write() as writer:
        for start in range(0, {SIZE}, 20):
            writer.put(f'load{{load}}', [
                Record(f'Company:{{load}}/{{i}}', 'Company', 'Source:x', {{'name': str(i)}})
                for i in range(start, start + 20)])
            time.sleep(0.002)
        writer.commit()
store.close()
"""


def test_a_killed_load_leaves_whole_loads_only(path: Path, ontology: Ontology) -> None:
    clean = path.with_name("clean.db")
    with child(clean, LOADING) as whole:
        assert whole.wait() == 0
    version = hashes(clean, ontology)[0]
    chance, kills, met = random.Random(5), int(os.environ.get("XIANGLIAN_KILLS", "12")), set()
    for _ in range(kills):
        with child(path, LOADING) as loading:
            assert loading.stdout is not None and loading.stdout.readline() == b"ready\n"
            time.sleep(chance.random() * 0.2)
            loading.kill()
        with SQLiteStore(path, ontology) as store:
            store.verify()
            assert set(store.origins().values()) <= {SIZE}
            met.add(len(store.origins()))
            if len(store.origins()) == LOADS or chance.random() < 0.3:
                with store.write() as writer:
                    for origin in store.origins():
                        writer.retract(origin=origin)
                    writer.commit()
    with child(path, LOADING) as last:
        assert last.wait() == 0
    assert hashes(path, ontology)[0] == version
    assert len(met) > 2, "the kills should meet different moments"
