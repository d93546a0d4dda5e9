"""Settings, read once at the door into one frozen object; docs/settings.md lists them all."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

__all__ = ["VARIABLES", "Settings"]

VARIABLES: Mapping[str, str] = {
    "XIANGLIAN_STORE": "图谱存放处的地址，例如 sqlite:///D:/湘链/graph.db、bolt://neo4j@127.0.0.1:7687",
    "XIANGLIAN_NEO4J_PASSWORD": "Neo4j 的密码；地址里不写密码",
    "XIANGLIAN_NEO4J_TIMEOUT": "Neo4j 的一次查询最多几秒",
    "XIANGLIAN_CACHE": "可随时删除的缓存文件夹",
    "XIANGLIAN_ONTOLOGY": "另一份本体（Turtle 文件夹），用于试验新的类别或关系",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are. `store` is a URL as `graph.store.open_store` takes it."""

    store: str
    cache: Path
    ontology: Path | None = None

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ, store: str | None = None) -> "Settings":
        """From the environment; an explicit `store` wins over XIANGLIAN_STORE."""
        url = store or environ.get("XIANGLIAN_STORE") or default_store()
        if "://" not in url:
            url = "sqlite:///" + url
        cache = environ.get("XIANGLIAN_CACHE") or platformdirs.user_cache_dir("xianglian", False)
        ontology = environ.get("XIANGLIAN_ONTOLOGY")
        return cls(url, Path(cache), Path(ontology) if ontology else None)


def default_store() -> str:
    """The file in the user's data folder."""
    file = Path(platformdirs.user_data_dir("xianglian", False)) / "xianglian.db"
    return "sqlite:///" + file.as_posix()
