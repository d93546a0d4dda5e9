"""`make neo4j`: a Neo4j with the shipped data that stays, a question, and two Cypher texts.

It stands beside the tests because Neo4j (GPLv3) is never part of the package.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import neo4j
import platformdirs
from rich.console import Console
from rich.table import Table

from api.settings import Settings
from tests.neo4j_server.database import PASSWORD
from tests.neo4j_server.jars import Unavailable
from tests.neo4j_server.server import Failed, Server, install

ROOT = Path(__file__).parent.parent.parent
SUPPLIES = ("MATCH (a:Company)-[s:SUPPLIES_TO]->(b:Company) WHERE a.name CONTAINS '金博' "
            "RETURN a.name, s.product, b.name")
SOURCES = "MATCH (r:Record)-[:FROM]->(q:Source) WHERE r.id = $record RETURN q.title, q.publisher"


def main() -> int:
    """Exit code 0 after Ctrl-C, 1 where Java, Maven or Neo4j failed, else that of `xianglian`."""
    arguments = parse()
    home = arguments.home.resolve()
    try:
        jar = install(Settings.read().cache)
        where, password = password_of(home)
        with Server(jar, home, port=arguments.port, password=password, heap=arguments.heap,
                    options=()) as server:
            server.start()
            say(f"Neo4j 在 {server.url}，用户 {server.user}，数据在 {home}")
            say(f"密码：{where}")
            return tour(server) or (0 if arguments.once else stay(server))
    except (Unavailable, Failed) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("\nNeo4j 已停止。")
        return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make neo4j", description=__doc__)
    parser.add_argument("--home", type=Path, help="Neo4j 的数据文件夹",
                        default=Path(platformdirs.user_data_dir("xianglian", False)) / "neo4j")
    parser.add_argument("--port", type=int, default=7687, help="Bolt 端口，0 为任一空闲端口")
    parser.add_argument("--heap", default="1g", help="内存，例如 4g")
    parser.add_argument("--once", action="store_true", help="回答之后就停止")
    return parser.parse_args()


def password_of(home: Path) -> tuple[str, str]:
    """What to tell about the password, and the password: the user's, else one kept in `home`."""
    own = os.environ.get(PASSWORD)
    if own:
        return f"环境变量 {PASSWORD} 里的那一个", own
    file = home / "password.txt"
    if not file.exists():
        home.mkdir(parents=True, exist_ok=True)
        with open(file, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as sink:
            sink.write(secrets.token_urlsafe(12))
    return (f"随机生成，存在 {file}。别的窗口要用，先把它放进环境变量 {PASSWORD}",
            file.read_text("utf-8").strip())


def tour(server: Server) -> int:
    """Loads the shipped data, asks one question and shows two Cypher texts; the exit code."""
    try:
        with server.driver(notifications_min_severity="OFF") as driver:
            driver.verify_connectivity()
            xianglian(server, "load")
            xianglian(server, "gaps", "锂电池", "--region", "长沙", "--at", "2014")
            customers = xianglian(server, "customers", "金博股份", "--json", show=False)
            show(driver, SUPPLIES)
            show(driver, SOURCES, record=json.loads(customers)["evidence"][0]["record"])
    except neo4j.exceptions.AuthError:
        raise Failed(f"密码不对：这里的 Neo4j 第一次启动时用的是另一个密码（{PASSWORD}）") from None
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


def xianglian(server: Server, *arguments: str, show: bool = True) -> str:
    """Runs a command on the server's store as the user would; its output where not shown."""
    if show:
        say(f"\n$ xianglian {' '.join(arguments)} --store {server.store}")
    done = subprocess.run(
        [sys.executable, "-c", "from api.cli import main; main()", *arguments,
         "--store", server.store],
        env=os.environ | {PASSWORD: server.password, "PYTHONUTF8": "1",
                          "PYTHONPATH": str(ROOT)},
        stdout=None if show else subprocess.PIPE, encoding="utf-8", check=True)
    return done.stdout or ""


def show(driver: neo4j.Driver, text: str, **parameters: Any) -> None:
    """Prints a Cypher text, its parameters and its rows; raises Failed where there are none."""
    say("\n" + text + "".join(f"\n  ${name} = {value!r}" for name, value in parameters.items()))
    rows, _, names = driver.execute_query(text, parameters)
    if not rows:
        raise Failed("没有查到任何一行：图谱里缺少随附的数据")
    table = Table(*names)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    Console(highlight=False).print(table)


def stay(server: Server) -> int:
    """Until Ctrl-C, or until the server ends by itself."""
    say("\nNeo4j 会一直运行，按 Ctrl-C 结束；数据留在原处。")
    while server.running:
        time.sleep(0.5)
    raise Failed(f"Neo4j 自己停了，见 {server.home / 'logs'}")


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
