"""A Neo4j server as the store needs it: connecting, reading, writing, its complaints in Chinese.

Reads are READ sessions with a time limit; writes are managed transactions.  Both are tried again
for 90 s (a restart of the server takes 13 s); a server for which that was in vain is not waited for
again until it answers.  All sessions share their bookmarks, so that on a cluster everybody reads
what was written before.
"""

import os
import re
import socket
import ssl
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from neo4j import (
    READ_ACCESS,
    WRITE_ACCESS,
    Driver,
    GraphDatabase,
    ManagedTransaction,
    Session,
    unit_of_work,
)
from neo4j.exceptions import (
    AuthError,
    ConfigurationError,
    DatabaseUnavailable,
    DriverError,
    IncompleteCommit,
    Neo4jError,
    ServiceUnavailable,
)

from graph import cypher
from graph.store import PASSWORD
from ontology.errors import StoreError

__all__ = ["TIMEOUT", "Address", "Numbers", "Server", "TimedOut", "Transaction"]

TIMEOUT = "XIANGLIAN_NEO4J_TIMEOUT"
Transaction = ManagedTransaction
Result = TypeVar("Result")

RETRY = 90.0
_START = 30.0
_FETCH = 5_000
_LONGEST = 1e9  # more seconds than that the driver cannot tell the server
_WRITE = 600.0  # after so many seconds the server gives up what a vanished writer holds
_TIMED_OUT = "Neo.ClientError.Transaction.TransactionTimedOut"
_LOCKED_OUT = "Neo.ClientError.Transaction.LockClientStopped"
_TAKEN = "Neo.ClientError.Schema.ConstraintValidationFailed"
_FAULTS = {  # by the code, or its beginning
    "Neo.ClientError.Security.Unauthorized": "用户名或密码不对；密码写在环境变量 "
                                             f"{PASSWORD} 里",
    "Neo.ClientError.Security.AuthenticationRateLimit": "密码错得太多，请等几秒再试",
    "Neo.ClientError.Security.CredentialsExpired": "密码已过期，要先在服务器上改密码",
    "Neo.ClientError.Security.Forbidden": "这个用户没有所需的权限；请管理员授权",
    "Neo.ClientError.Database.DatabaseNotFound": "没有这个数据库；请检查地址里端口后面的库名",
    "Neo.ClientError.Statement.AccessMode": "只读，不能写入",
    "Neo.ClientError.General.WriteOnReadOnlyAccessDatabase": "数据库是只读的，不能写入",
    "Neo.ClientError.General.ForbiddenOnReadOnlyDatabase": "数据库是只读的，不能写入",
    _TIMED_OUT: f"超过了时限；可把环境变量 {TIMEOUT}（秒）调大",
    _LOCKED_OUT: "别的程序一直占着要写的内容；请等它结束后再试",
    "Neo.TransientError.General.MemoryPoolOutOfMemoryError": "内存不够；请管理员调大它的堆内存",
    "Neo.TransientError.General.OutOfMemoryError": "内存不够；请管理员调大它的堆内存",
    "Neo.TransientError.General.DatabaseUnavailable": "数据库没有在运行，或正在启动；请稍后再试",
    "Neo.TransientError": "一时忙不过来，重试了一阵仍未成功；请稍后再试",
    "Neo.DatabaseError.Transaction.TransactionCommitFailed": "写入失败，多半是磁盘已满；"
                                                             "请管理员查看服务器日志",
    "Neo.DatabaseError": "服务器内部出错；请管理员查看服务器日志",
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is; holds no secret."""

    url: str  # scheme, host and port
    user: str
    database: str | None

    @staticmethod
    def parse(url: str) -> "Address":
        """bolt://user@host:7687/database; user and database may be left out.  Raises StoreError."""
        try:
            parts = urlsplit(url)
            port = parts.port or 7687
            (parts.hostname or "").encode("idna")
        except ValueError:
            raise StoreError(_wrong(url)) from None
        if parts.password is not None:
            raise StoreError(f"地址里不要写密码：请改成 {parts.scheme}://{parts.username}@"
                             f"{parts.hostname}:{port}，密码放在环境变量 {PASSWORD} 里")
        database = unquote(parts.path.strip("/"))
        if not parts.hostname or parts.query or parts.fragment or "/" in database or not re.match(
                r"(bolt|neo4j)(\+s|\+ssc)?$", parts.scheme):
            raise StoreError(_wrong(url))
        if database.casefold() == "system":
            raise StoreError("system 是 Neo4j 自己用的库，放不了图谱；请在地址末尾写别的库名")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return Address(f"{parts.scheme}://{host}:{port}", unquote(parts.username or "neo4j"),
                       database or None)

    def __str__(self) -> str:
        return f"{self.url}/{self.database}" if self.database else self.url


class TimedOut(StoreError):
    """The server did not answer within the time limit."""


class Numbers:
    """A set of numbers of rows, one bit each."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, seq: int) -> bool:
        """Whether it is new."""
        place, bit = seq >> 3, 1 << (seq & 7)
        if place >= len(self._bits):
            self._bits.extend(bytes(max(place + 1 - len(self._bits), len(self._bits) >> 3)))
        new = not self._bits[place] & bit
        self._bits[place] |= bit
        return new

    def __contains__(self, seq: int) -> bool:
        return seq >> 3 < len(self._bits) and bool(self._bits[seq >> 3] >> (seq & 7) & 1)


def _wrong(url: str) -> str:
    return (f"存储地址「{url}」写得不对：单机如 bolt://neo4j@127.0.0.1:7687，"
            "集群如 neo4j://neo4j@主机:7687，指定数据库则在末尾加 /库名")


class Server:
    """One database of a server or cluster, for any number of threads."""

    def __init__(self, address: Address) -> None:
        """Connect; a server that is not there is found out now.  Raises StoreError."""
        self.address = address
        self._seconds = _seconds()
        self._away = False
        self._driver: Driver = GraphDatabase.driver(
            address.url, auth=(address.user, os.environ.get(PASSWORD, "")),
            connection_timeout=15, connection_acquisition_timeout=30, keep_alive=True,
            liveness_check_timeout=30, max_transaction_retry_time=2,
            notifications_min_severity="OFF", telemetry_disabled=True, user_agent="xianglian")
        self._bookmarks = GraphDatabase.bookmark_manager()
        try:
            self._greet()
        except BaseException:
            self.close()
            raise

    def _greet(self) -> None:
        """Only a database that is starting is waited for: nobody waits at a door."""
        deadline = time.monotonic() + _START
        with self.faults():
            while True:
                try:
                    for _ in self._rows(cypher.HELLO, {}):
                        pass
                    return
                except DatabaseUnavailable:
                    if time.monotonic() > deadline:
                        raise
                time.sleep(0.5)

    def close(self) -> None:
        self._driver.close()

    @contextmanager
    def faults(self) -> Iterator[None]:
        """What the driver or the server complains about, said in a sentence."""
        try:
            yield
            self._away = False
        except (Neo4jError, DriverError) as error:
            self._away = isinstance(error, DriverError)
            kind = TimedOut if _code(error).startswith((_TIMED_OUT, _LOCKED_OUT)) else StoreError
            raise kind(f"Neo4j（{self.address}）{_said(error)}") from error
        except OSError as error:
            self._away = True
            raise StoreError(f"Neo4j（{self.address}）连接中断：{error}") from error

    def _deadline(self) -> float:
        """Until when a call that fails is made again."""
        return time.monotonic() + (0 if self._away else RETRY)

    def _insist(self, attempt: Callable[[], Result]) -> Result:
        """The attempt's result, made again while its failure may pass."""
        deadline = self._deadline()
        with self.faults():
            while True:
                try:
                    return attempt()
                except (DriverError, Neo4jError) as error:
                    if self._away and isinstance(error, Neo4jError):  # it answers again
                        self._away = False
                        deadline = self._deadline()
                    if not _passing(error) or time.monotonic() > deadline:
                        raise
                time.sleep(0.1)

    def _session(self, mode: str) -> Session:
        return self._driver.session(
            database=self.address.database, default_access_mode=mode, fetch_size=_FETCH,
            bookmark_manager=self._bookmarks)

    # Reading

    def read(self, query: str, **parameters: Any) -> list[Any]:
        """All rows of a small answer; a row is a list, and a list of one is that one."""
        @unit_of_work(timeout=self._seconds)
        def work(transaction: Transaction) -> list[Any]:
            return [_row(row) for row in transaction.run(query, parameters)]

        def attempt() -> list[Any]:
            with self._session(READ_ACCESS) as session:
                return session.execute_read(work)

        return self._insist(attempt)

    def gather(self, query: str, **parameters: Any) -> list[Any]:
        """What a query collects in one list; the driver takes several times as long for rows."""
        found: list[Any] = self.read(query, **parameters)[0]
        return found

    def stream(self, query: str, **parameters: Any) -> Iterator[Any]:
        """The rows of a large answer as they come, each once.

        They are stored rows at a moment that stays as it is: properties, or lists that begin with
        the row's number.  So what is cut off, by a fault that passes within 90 s or by the time
        limit because we took our time, is asked for again without what was there already.
        """
        given, fresh, deadline = Numbers(), False, self._deadline()
        with self.faults():
            while True:
                try:
                    with closing(self._rows(query, parameters)) as rows:
                        for row in rows:
                            if given.add(row["seq"] if isinstance(row, dict) else row[0]):
                                fresh = True
                                yield row
                    return
                except (DriverError, Neo4jError) as error:
                    if fresh:
                        fresh, deadline = False, time.monotonic() + RETRY
                        again = _passing(error) or _code(error).startswith(_TIMED_OUT)
                    else:
                        again = _passing(error) and time.monotonic() < deadline
                    if not again:
                        raise
                time.sleep(0.5)

    def _rows(self, query: str, parameters: dict[str, Any]) -> Generator[Any]:
        with (self._session(READ_ACCESS) as session,
              session.begin_transaction(timeout=self._seconds) as transaction):
            for row in transaction.run(query, parameters):
                yield _row(row)

    # Writing

    def write(self, work: Callable[[Transaction], Result], *,
              seconds: float | None = None) -> Result:
        """A managed transaction; `work` may run several times, even after it took effect.

        Raises TimedOut where it takes longer than `seconds`, if given.
        """
        work = unit_of_work(timeout=seconds or max(_WRITE, self._seconds))(work)

        def attempt() -> Result:
            with self._session(WRITE_ACCESS) as session:
                return session.execute_write(work)

        return self._insist(attempt)

    def run(self, query: str, **parameters: Any) -> None:
        """One statement that may take effect twice."""
        self.write(lambda transaction: transaction.run(query, parameters).consume())


def _seconds() -> float:
    text = os.environ.get(TIMEOUT) or "600"
    try:
        seconds = float(text)
        if 0 < seconds <= _LONGEST:
            return seconds
    except ValueError:
        pass
    raise StoreError(f"环境变量 {TIMEOUT} 应是一个大于零的秒数，不能是「{text}」")


def _row(row: Any) -> Any:
    values = row.values()
    return values[0] if len(values) == 1 else values


def _passing(error: Neo4jError | DriverError) -> bool:
    """Whether it may be tried again: it passes, or nobody knows whether it took effect, or two
    made the same thing at once."""
    return (error.is_retryable() or isinstance(error, IncompleteCommit)
            or _code(error) == _TAKEN)


def _code(error: Neo4jError | DriverError) -> str:
    return error.code or "" if isinstance(error, Neo4jError) else ""


def _said(error: Neo4jError | DriverError) -> str:
    """One sentence: what is wrong and what to do."""
    if isinstance(error, Neo4jError):
        code = _code(error)
        matching = [key for key in _FAULTS if code.startswith(key)]
        if matching:
            return f"{_FAULTS[max(matching, key=len)]}（{code}）"
        if isinstance(error, AuthError):
            return f"不让登录（{code}）"
        return f"拒绝了请求（{code}：{error.message}）"
    if isinstance(error, ServiceUnavailable):
        return _unreachable(error)
    text = " ".join(str(error).split())
    if isinstance(error, ConfigurationError):
        return f"地址或加密方式不对（{text}）"
    return f"连接出错，请再试（{text}）"


def _unreachable(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, ssl.SSLError):
            return "连不上：加密方式不对；服务器不加密就去掉地址里的 +s，自签证书就写 +ssc"
        if isinstance(cause, socket.gaierror):
            return "连不上：找不到这台主机；请检查地址"
        cause = cause.__cause__ or cause.__context__
    return "连不上或连接断了；请检查地址，看服务器是否在运行，然后再试"
