"""What is known of a SQLite file without SQL: whether it is ours and whole, and who writes it."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from graph.dates import CHINA
from ontology.errors import Busy, StoreError

__all__ = ["APPLICATION", "check_header", "free_name", "holder", "holding", "journal_size",
           "waited"]

APPLICATION = 0x58694C4E  # "XiLN" at offset 68 of the header marks a file as ours


def check_header(path: Path) -> None:
    """Refuse what is not ours, or is cut short, before SQLite may touch it.

    Reads 100 bytes (https://www.sqlite.org/fileformat.html#the_database_header).  While a journal
    is waiting the size in the header may be ahead of the file; SQLite mends that.
    """
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise StoreError(f"存储 {path} 打不开：{error.strerror}") from error
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0"):
        raise StoreError(f"{path} 不是湘链的存储文件，未作任何改动；请换一个文件名")
    if int.from_bytes(header[68:72], "big") != APPLICATION:
        raise StoreError(f"{path} 是别的程序的 SQLite 文件，未作任何改动；请换一个文件名")
    size = (int.from_bytes(header[16:18], "big") % 65535 or 65536) * int.from_bytes(
        header[28:32], "big")
    if path.stat().st_size < size and not journal_size(path):
        raise StoreError(f"存储 {path} 不完整：应有 {size} 字节，只有 {path.stat().st_size} 字节；"
                         "请用 xianglian restore 恢复最近的备份")


def journal_size(path: Path) -> int:
    """Bytes that wait in the journals beside the file."""
    total = 0
    for end in ("-wal", "-journal"):
        with suppress(OSError):
            total += Path(f"{path}{end}").stat().st_size
    return total


def free_name(path: Path) -> Path:
    """This name, or the first of name-2, name-3 … that is not taken."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Tell others who is writing, in a small file beside the store.

    It is only for their message: the lock itself is SQLite's, and a file left behind by a killed
    program does no harm.
    """
    note = Path(f"{path}-writer")
    since = datetime.now(CHINA).isoformat(" ", "seconds")
    with suppress(OSError):
        note.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname(),
                                    "since": since}), encoding="utf-8")
    try:
        yield
    finally:
        with suppress(OSError):
            note.unlink()


def holder(path: Path) -> str:
    """Who is writing, as far as the note tells."""
    try:
        note = json.loads(Path(f"{path}-writer").read_text(encoding="utf-8"))
        return f"进程 {note['pid']}（主机 {note['host']}，自 {note['since']} 起）"
    except (OSError, ValueError, KeyError, TypeError):
        return "另一个程序"


def waited(path: Path, wait: float) -> Busy:
    """What who waited in vain for the lock is told."""
    return Busy(f"{holder(path)}正在写入 {path}，等了 {wait:g} 秒；请等它完成后再试")
