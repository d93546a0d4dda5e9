"""One jar that starts Neo4j: fetched and compiled on first use, then found in the cache."""

import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

HERE = Path(__file__).parent
SOURCES = (HERE / "pom.xml", HERE / "Serve.java")
LISTING = "META-INF/jars.txt"
OLDEST = 17
PATIENCE = 900.0
INSTALL = "apt-get install default-jdk-headless maven"


class Unavailable(Exception):
    """Neo4j cannot be had on this machine; the text says why and what to do."""


def fetch(cache: Path) -> Path:
    """The jar that holds Serve, under `cache`; it refers to some 210 others (150 MB).

    Several processes may call it at once: one works, the others wait. What an interrupted call
    left is completed by the next one.
    """
    check_tools()
    folder = cache.resolve() / "neo4j"
    jar = folder / f"serve-{_digest()}.jar"
    if not complete(jar):
        _check_version()
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder / "lock.db"):
            if not complete(jar):
                _build(jar, _resolve(folder / "m2"))
    return jar


def complete(jar: Path) -> bool:
    """Whether everything that `jar` refers to is there in full; what is damaged is removed."""
    if not jar.exists():
        return False
    with zipfile.ZipFile(jar) as archive:
        listing = archive.read(LISTING).decode().splitlines()
    whole = True
    for size, name in (line.split("\t") for line in listing):
        file = jar.parent / name
        if not file.exists() or file.stat().st_size != int(size):
            file.unlink(missing_ok=True)
            whole = False
    return whole


def check_tools() -> None:
    """Raises Unavailable unless a JDK (with its compiler) and Maven are there."""
    for name, what in (("java", "Java"), ("javac", "Java 编译器（只有 JRE 不够，要 JDK）"),
                       ("mvn", "Maven")):
        if tool(name) is None:
            raise Unavailable(f"没有找到 {what}：Neo4j 需要 JDK 17 或 21 和 Maven（{INSTALL}）")


def tool(name: str) -> str | None:
    """The path of a JDK tool (JAVA_HOME first) or of Maven."""
    home = os.environ.get("JAVA_HOME")
    inside = shutil.which(name, path=str(Path(home) / "bin")) if home else None
    return inside or shutil.which(name)


def java() -> str:
    """The path of `java`, once `check_tools` has passed."""
    return tool("java") or "java"


@contextmanager
def alone(lock: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Holds `lock` against other processes; the system frees it when a holder dies."""
    with closing(sqlite3.connect(lock, timeout=patience, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise Unavailable(f"另一个程序正在下载 Neo4j，等了 {patience:.0f} 秒") from error
        yield


def _check_version() -> None:
    said = run([java(), "-version"], "java -version")
    found = re.search(r'version "(\d+)', said)
    if found is None or int(found[1]) < OLDEST:
        line = said.strip().splitlines()[0]
        raise Unavailable(f"Java 太旧（{line}）：Neo4j 需要 JDK 17 或 21（{INSTALL}）")


def _digest() -> str:
    """Of what the jar is made from and of the Java that will run it."""
    binary = Path(java()).resolve()
    made = f"{binary} {binary.stat().st_mtime_ns}".encode()
    content = b"".join(file.read_bytes() for file in SOURCES)
    return hashlib.blake2b(content + made, digest_size=4).hexdigest()


def _resolve(repository: Path) -> list[Path]:
    """The jars of pom.xml, fetched into a Maven repository of our own where they are not there."""
    print(f"正在准备 Neo4j（第一次要下载约 150 MB）：{repository}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        listing = Path(scratch) / "classpath"
        run([tool("mvn") or "mvn", "-q", "-B", "-f", str(HERE / "pom.xml"),
              f"-Dmaven.repo.local={repository}", "dependency:build-classpath",
              "-DincludeScope=runtime", f"-Dmdep.outputFile={listing}"], "下载 Neo4j")
        return [Path(part) for part in listing.read_text("utf-8").strip().split(os.pathsep)]


def _build(jar: Path, jars: list[Path]) -> None:
    """Compiles Serve.java into `jar`, whose manifest names `jars`: its presence means complete."""
    names = [file.relative_to(jar.parent).as_posix() for file in jars]
    manifest = f"Class-Path: {' '.join(names)}"
    with tempfile.TemporaryDirectory(dir=jar.parent) as scratch:
        run([tool("javac") or "javac", "-proc:none", "-nowarn", "-XDignore.symbol.file",
              "-encoding", "UTF-8", "-d", scratch, "-cp", os.pathsep.join(map(str, jars)),
              str(HERE / "Serve.java")], "编译 Serve.java")
        draft = Path(scratch) / jar.name
        with zipfile.ZipFile(draft, "w") as archive:
            archive.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n"
                             + "\n ".join(re.findall(".{1,70}", manifest)) + "\n")
            archive.writestr(LISTING, "\n".join(
                f"{file.stat().st_size}\t{name}" for file, name in zip(jars, names, strict=True)))
            archive.write(Path(scratch) / "Serve.class", "Serve.class")
        draft.replace(jar)


def run(command: list[str], what: str) -> str:
    """What `command` said; its last lines are the error where it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="utf-8", errors="replace")
    if done.returncode:
        raise Unavailable(f"{what}没有成功：\n{last_lines(done.stdout)}")
    return done.stdout


def last_lines(text: str, count: int = 12) -> str:
    """The last `count` lines that are neither blank nor a frame of a Java stack trace."""
    told = [line for line in text.splitlines() if line.strip() and not line.startswith("\tat ")]
    return "\n".join(told[-count:])
