"""What is sent and answered where something is written."""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from typing_extensions import TypedDict

from api.problems import Problem
from api.queries import Name

__all__ = ["Audit", "JobAnswer", "JobList", "Me", "NewRecord", "Recent", "Report", "Upload"]

Text = Annotated[str, StringConstraints(max_length=5000)]
Header = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Upload(BaseModel):
    """How a file is to be loaded; the same switches as on the command line."""

    model_config = ConfigDict(extra="forbid")

    file: Annotated[str, StringConstraints(min_length=5, max_length=120)] = Field(
        description="文件名，以 .csv 或 .xlsx 结尾", examples=["operatesIn.csv"])
    named: Annotated[str, StringConstraints(max_length=120)] | None = Field(
        None, description="它原来的文件名，只用来在任务列表里显示")
    kind: Annotated[str, StringConstraints(max_length=60)] | None = Field(
        None, description="种类，文件名（Excel 是工作表名）里没有写时用：operatesIn、从事环节 …")
    dry_run: bool = Field(False, description="只检查，不写入")
    keep_good: bool = Field(False, description="有错行时仍写入正确的行")
    allow_shrink: bool = Field(False, description="允许比上次少两成以上")


class Recent(BaseModel):
    """The latest of something."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=500, description="最多几行", examples=[2])
    cursor: Annotated[str, StringConstraints(max_length=2000)] | None = Field(
        None, description="上一页的 next，照抄；第一页不写")


class NewRecord(BaseModel):
    """One record as a person types it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {
        "kind": "operatesIn", "source": "2026年6月长沙走访",
        "values": {"企业": "某某铜箔有限公司", "环节": "锂电池/铜箔", "所在地": "长沙市",
                   "观察日期": "2026-06"}}})

    kind: Annotated[str, StringConstraints(min_length=1, max_length=60)] = Field(
        description="种类：operatesIn、从事环节 …")
    values: Annotated[dict[Header, Text], Field(max_length=60)] = Field(
        description="字段 → 写法，与模板的列相同，中英文都行")
    source: Name = Field(description="谁在哪里说的，如 2026年6月长沙走访")


class Mistake(TypedDict):
    """One thing wrong at one place of an input; blank where a place does not apply."""

    file: str
    sheet: str
    row: int | None
    column: str
    value: str
    reason: str
    nearest: list[str]


class Report(TypedDict):
    """What became of every row: rows = loaded + unchanged + merged + rejected."""

    rows: int
    loaded: int
    unchanged: int
    merged: int
    rejected: int
    retracted: int
    problems: list[Mistake]
    warnings: list[str]


class Retracted(TypedDict):
    """How many records were taken back."""

    retracted: int


class Progress(TypedDict):
    """The file that is read, or what the store is doing; total 0: nobody knows."""

    file: str
    rows: int
    total: int


class JobAnswer(BaseModel):
    """A writing task."""

    id: str
    what: Literal["load", "add", "retract"]
    by: str = Field(description="用的哪把密钥")
    scope: Literal["write", "admin"] = Field(description="那把密钥的权限")
    asks: dict[str, Any] = Field(description="要它做什么")
    asked: str = Field(description="什么时候要求的")
    state: Literal["waiting", "running", "done", "failed", "lost"]
    began: str | None
    ended: str | None
    note: str = Field(description="在等什么，或怎么没了")
    progress: Progress | None = Field(description="正在读的文件，读了多少行")
    written: bool = Field(description="图谱是不是写过了")
    report: Report | Retracted | None = Field(
        description="与命令行 --json 相同的报告，做完才有；列表里没有")
    error: Problem | None = Field(description="为什么没做成")
    links: dict[str, str] = Field(description="self 是任务的地址，events 是它的进展")


class JobList(BaseModel):
    rows: list[JobAnswer]
    next: str | None = Field(description="下一页的记号，照抄到 cursor；没有更多就是 null")


class Me(BaseModel):
    name: str
    scope: Literal["", "read", "write", "admin"]
    may_write: bool


class Note(TypedDict):
    """A job at the moment in which it was asked for, or had ended."""

    time: str
    who: str
    what: str
    job: str
    state: str
    asked: dict[str, Any]
    written: bool
    rows: NotRequired[int]
    loaded: NotRequired[int]
    unchanged: NotRequired[int]
    merged: NotRequired[int]
    rejected: NotRequired[int]
    retracted: NotRequired[int]
    error: NotRequired[str]


class Audit(BaseModel):
    rows: list[Note]
    next: str | None = Field(description="下一页的记号，照抄到 cursor；没有更多就是 null")
