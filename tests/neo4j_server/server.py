"""One Neo4j server as a child process that ends with its parent."""

import os
import secrets
import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import neo4j

from tests.neo4j_server.jars import alone, fetch, java, last_lines

OPENS = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in (
    "java.nio", "java.io", "sun.nio.ch", "java.util.concurrent", "java.lang")]
# Half the processor time of a start and of the first queries; long work is slower.
QUICK = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
# For a server that works for minutes: what it does often is a third quicker then.
STEADY = ("-XX:+UseSerialGC",)
# Without the last two each database takes 250 MB at once, and a stop waits five seconds twice.
CONF = """\
server.bolt.enabled=true
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.tls_level=DISABLED
dbms.security.auth_enabled=true
dbms.usage_report.enabled=false
server.memory.pagecache.size={pagecache}
server.directories.import=import
db.tx_log.preallocate=false
internal.dbms.bolt.netty_server_shutdown_quiet_period=0
"""


def install(cache: Path) -> Path:
    """The jar that Server needs, as `fetch` gives it, with an archive of loaded classes beside it.

    The archive saves two of six seconds of each start.
    """
    jar = fetch(cache)
    archive = jar.with_suffix(".jsa")
    if not archive.exists():
        with alone(jar.parent / "lock.db"):
            if not archive.exists():
                _archive(jar, archive)
    return jar


def _archive(jar: Path, archive: Path) -> None:
    with tempfile.TemporaryDirectory(dir=jar.parent, ignore_cleanup_errors=True) as scratch:
        draft = Path(scratch) / archive.name
        options = (*QUICK, f"-XX:ArchiveClassesAtExit={draft}")
        with Server(jar, Path(scratch) / "home", options=options) as server:
            server.start()
            with server.driver() as driver:
                driver.execute_query("MERGE (n {id: 1}) RETURN n")
        draft.touch()  # a Java that makes no archive ignores an empty one
        draft.replace(archive)


class Failed(RuntimeError):
    """Neo4j or neo4j-admin ended; the text has the last lines of what it said."""


class Server:
    """Neo4j Community on 127.0.0.1 with authentication, its files under `home`.

    `port` 0 takes a free one at the first start and keeps it. The password is set when `home` is
    new; later it must be the same. `options` are for Java; `conf` has more lines of neo4j.conf for
    the next start. Leaving the `with` stops the server.
    """

    user = "neo4j"

    def __init__(self, jar: Path, home: Path, *, port: int = 0, password: str = "",
                 heap: str = "1g", pagecache: str = "256m",
                 options: tuple[str, ...] = QUICK) -> None:
        self.jar = jar
        self.home = home.resolve()
        self.port = port
        self.password = password or secrets.token_urlsafe(12)
        self.heap = heap
        self.pagecache = pagecache
        self.options = options
        self.conf = ""
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """For the driver; for the store it serves as it stands, the user being neo4j."""
        return f"bolt://127.0.0.1:{self.port}"

    @property
    def store(self) -> str:
        """For `open_store` and `--store`; the password is not in it."""
        return f"bolt://{self.user}@127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def driver(self, **settings: Any) -> neo4j.Driver:
        return neo4j.GraphDatabase.driver(self.url, auth=(self.user, self.password), **settings)

    def start(self, timeout: float = 180.0) -> "Server":
        """Returns when Bolt answers; raises Failed."""
        if self.process is not None:
            raise Failed("Neo4j 已在运行")
        self._configure()
        log = self.home / "console.log"
        with log.open("wb") as sink:
            self.process = subprocess.Popen(
                self._java("Serve", str(self.home), options=self.options),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sink)
        port = self._wait(self.process, self.password, timeout)
        if port is None:
            self.kill()
            said = last_lines(log.read_text("utf-8", "replace"))
            raise Failed(f"Neo4j 没有启动：\n{said}\n更多见 {log} 和 {self.home / 'logs'}")
        self.port = port
        return self

    def stop(self, timeout: float = 120.0) -> None:
        """A clean end; does nothing where the server is not running."""
        process, self.process = self.process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            process.wait(timeout)

    def kill(self) -> None:
        """kill -9: what a power cut leaves (but for the disk's own cache)."""
        process, self.process = self.process, None
        if process is not None and process.stdin is not None:
            process.kill()
            process.wait()
            process.stdin.close()

    def admin(self, *arguments: str, folder: Path | None = None) -> str:
        """What `neo4j-admin ARGUMENTS` prints, such as ("database", "import", "full", …).

        The server must be stopped. It works in `folder` (default `home`), where it leaves its
        report. Raises Failed.
        """
        self._configure()
        done = subprocess.run(
            self._java("org.neo4j.cli.AdminTool", *arguments),
            env=os.environ | {"NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")},
            cwd=folder or self.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, encoding="utf-8", errors="replace")
        if done.returncode:
            raise Failed(f"neo4j-admin {arguments[0]}：\n{last_lines(done.stdout)}")
        return done.stdout

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.stop()

    def _java(self, *arguments: str, options: tuple[str, ...] = ()) -> list[str]:
        archive = self.jar.with_suffix(".jsa")
        shared = [f"-XX:SharedArchiveFile={archive}", "-Xlog:disable"] if archive.exists() else []
        return [java(), f"-Xmx{self.heap}", "-Dfile.encoding=UTF-8", *shared, *options, *OPENS,
                "-cp", str(self.jar), *arguments]

    def _configure(self) -> None:
        conf = self.home / "conf" / "neo4j.conf"
        conf.parent.mkdir(parents=True, exist_ok=True)
        conf.write_text(CONF.format(port=self.port, pagecache=self.pagecache) + self.conf, "utf-8")

    @staticmethod
    def _wait(process: subprocess.Popen[bytes], password: str, timeout: float) -> int | None:
        """The port that the server says it answers on; None where it ends or takes too long."""
        assert process.stdin is not None and process.stdout is not None
        alarm = threading.Timer(timeout, process.kill)
        alarm.start()
        try:
            with suppress(OSError), process.stdout:
                process.stdin.write(f"{password}\n".encode())
                process.stdin.flush()
                for line in process.stdout:
                    if line.startswith(b"READY "):
                        return int(line.split()[1])
        finally:
            alarm.cancel()
        return None
