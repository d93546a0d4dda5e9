"""Settings, read once at the door into one frozen object; docs/settings.md lists them all."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import platformdirs

from graph.store import sqlite_path
from ontology import XianglianError

__all__ = ["VARIABLES", "Limits", "Model", "Settings", "is_local"]

VARIABLES: Mapping[str, str] = {
    "XIANGLIAN_STORE": "图谱存放处的地址，例如 sqlite:///D:/湘链/graph.db、bolt://neo4j@127.0.0.1:7687",
    "XIANGLIAN_NEO4J_PASSWORD": "Neo4j 的密码；地址里不写密码",
    "XIANGLIAN_NEO4J_TIMEOUT": "Neo4j 的一次查询最多几秒",
    "XIANGLIAN_CACHE": "可随时删除的缓存文件夹",
    "XIANGLIAN_ONTOLOGY": "另一份本体（Turtle 文件夹），用于试验新的类别或关系",
    "XIANGLIAN_DESK": "密钥、写入任务和写入记录的文件夹",
    "XIANGLIAN_API_KEY": "管理员的接口密钥，至少 16 个字符；设了之后每个请求都要带一把密钥",
    "XIANGLIAN_HOSTS": "浏览器里可以用哪些主机名访问，逗号分隔",
    "XIANGLIAN_RATE": "每个客户端每分钟最多多少次请求，0 为不限",
    "XIANGLIAN_BODY": "请求正文最多多少字节",
    "XIANGLIAN_SECONDS": "一个回答最多算多少秒",
    "XIANGLIAN_ROWS": "不分页的回答最多多少行",
    "XIANGLIAN_JOBS": "最多多少个写入任务排队",
    "XIANGLIAN_MODEL_URL": "没听懂的问题可以问的语言模型（OpenAI 兼容的地址，例如 "
                           "http://127.0.0.1:11434/v1）；不设就不用",
    "XIANGLIAN_MODEL": "语言模型的名称",
    "XIANGLIAN_MODEL_KEY": "语言模型的密钥",
}
LIMITS = {"rate": 1200, "body": 33_554_432, "seconds": 30, "rows": 10_000,
          "jobs": 20}
SHORTEST_KEY = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server grants: requests a minute and client (0: no limit; `local` for this
    machine's own), bytes of a body, seconds of an answer, rows of an answer without pages,
    jobs that wait to be written."""

    rate: int = LIMITS["rate"]
    local: int = 0
    body: int = LIMITS["body"]
    seconds: int = LIMITS["seconds"]
    rows: int = LIMITS["rows"]
    jobs: int = LIMITS["jobs"]


@dataclass(frozen=True, slots=True)
class Model:
    """A language model behind an address that takes chat completions; only `ask` knows it."""

    url: str
    name: str
    key: str = field(default="", repr=False)

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Model | None":
        url, name, key = (environ.get(f"XIANGLIAN_MODEL{what}", "").strip()
                          for what in ("_URL", "", "_KEY"))
        if not url:
            return None
        if not url.startswith(("http://", "https://")):
            raise XianglianError(f"XIANGLIAN_MODEL_URL 要以 http:// 或 https:// 开头，"
                                 f"现在是「{url}」")
        return cls(url.rstrip("/"), name, key)


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are. `store` is a URL as `graph.store.open_store` takes it.

    `key` lets in whoever sends it, as admin; `hosts` are names the server may be called by besides
    its own; `guarded`: nobody is answered without a key, even if none is kept.
    """

    store: str
    cache: Path
    ontology: Path | None = None
    key: str = field(default="", repr=False)
    hosts: tuple[str, ...] = ()
    limits: Limits = Limits()
    own_desk: Path | None = None
    guarded: bool = False
    model: Model | None = None

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ, store: str | None = None) -> "Settings":
        """From the environment; an explicit `store` wins over XIANGLIAN_STORE."""
        url = store or environ.get("XIANGLIAN_STORE") or default_store()
        if "://" not in url:
            url = "sqlite:///" + url
        cache = environ.get("XIANGLIAN_CACHE") or platformdirs.user_cache_dir("xianglian", False)
        ontology = environ.get("XIANGLIAN_ONTOLOGY")
        hosts = [name.strip().casefold() for name in environ.get("XIANGLIAN_HOSTS", "").split(",")]
        limits = Limits(**{name: _number(environ, f"XIANGLIAN_{name.upper()}", usual)
                           for name, usual in LIMITS.items()},
                        local=_number(environ, "XIANGLIAN_RATE", 0))
        return cls(url, Path(cache), Path(ontology) if ontology else None, _key(environ),
                   tuple(filter(None, hosts)), limits,
                   Path(desk) if (desk := environ.get("XIANGLIAN_DESK", "").strip()) else None,
                   model=Model.read(environ))

    @property
    def desk(self) -> Path:
        """Where keys, jobs and the audit are kept: beside a SQLite file, so that they go with it;
        for a server's store in the user's data folder.  Never in the cache, which may be deleted.
        """
        if self.own_desk is not None:
            return self.own_desk
        file = sqlite_path(self.store) if self.store.startswith("sqlite://") else None
        if file is not None:
            return Path(f"{Path(file).absolute()}-desk")
        name = blake2b(self.store.encode(), digest_size=8).hexdigest()
        return Path(platformdirs.user_data_dir("xianglian", False)) / f"{name}-desk"


def _key(environ: Mapping[str, str]) -> str:
    key = environ.get("XIANGLIAN_API_KEY", "").strip()
    if key and (len(key) < SHORTEST_KEY or not (key.isascii() and key.isprintable()) or " " in key):
        raise XianglianError(f"XIANGLIAN_API_KEY 至少要 {SHORTEST_KEY} 个字符，"
                             "只用英文字母、数字和符号，不含空格")
    return key


def _number(environ: Mapping[str, str], name: str, usual: int) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return usual
    if not (text.isascii() and text.isdigit()) or (int(text) == 0 and name != "XIANGLIAN_RATE"):
        raise XianglianError(f"{name} 要是一个正整数，现在是「{text}」")
    return int(text)


def default_store() -> str:
    """The file in the user's data folder."""
    file = Path(platformdirs.user_data_dir("xianglian", False)) / "xianglian.db"
    return "sqlite:///" + file.as_posix()


def is_local(address: str) -> bool:
    """Whether it is an address of the loopback, or `localhost`."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
