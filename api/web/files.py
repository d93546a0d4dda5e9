"""What a view shows, as a file to keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import Request
from starlette.responses import Response

from api.replies import fixed
from visual.table import Rows, table_book, table_csv

__all__ = ["MEDIA", "Table", "file_reply", "table_reply"]

MEDIA = {"csv": "text/csv; charset=utf-8", "html": "text/html; charset=utf-8", "png": "image/png",
         "svg": "image/svg+xml",
         "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
         "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@dataclass(frozen=True, slots=True)
class Table:
    """note: what it rests on, one line (date, version of the content)."""

    title: str
    note: str
    heads: Sequence[str]
    rows: Rows


def table_reply(request: Request, ending: str, table: Table) -> Response:
    """The table as `csv` or `xlsx`."""
    body = (table_csv(table.heads, table.rows) if ending == "csv"
            else table_book(table.title, table.note, table.heads, table.rows))
    return file_reply(request, ending, table.title, body)


def file_reply(request: Request, ending: str, title: str, body: bytes) -> Response:
    """A download, named as its title; no browser shows it in the place of the page."""
    name = "".join("-" if char in '\\/:*?"<>|\r\n\t' else char for char in title)[:80].strip()
    reply = fixed(request, body, MEDIA[ending])
    reply.headers["Content-Disposition"] = (
        f"attachment; filename=\"xianglian.{ending}\"; "
        f"filename*=UTF-8''{quote(f'{name}.{ending}', safe='')}")
    return reply
