"""What fetching Neo4j says where something is missing, and how it knows what is damaged."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.neo4j_server import Unavailable
from tests.neo4j_server.jars import LISTING, alone, check_tools, complete, run

ROOT = Path(__file__).parent.parent


def tools(folder: Path, *names: str) -> str:
    """A PATH on which only `names` are found; they do nothing."""
    for name in names:
        file = folder / (name + (".exe" if os.name == "nt" else ""))
        file.touch(0o755)
    return str(folder)


@pytest.mark.parametrize(("there", "missing"), [
    ((), "Java"), (("java",), "Java 编译器"), (("java", "javac"), "Maven")])
def test_a_missing_tool_is_named_with_what_to_install(
    there: tuple[str, ...], missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", tools(tmp_path, *there))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(Unavailable, match=f"没有找到 {missing}.*apt-get install"):
        check_tools()


def test_a_command_that_fails_is_quoted_by_its_last_lines() -> None:
    script = "import sys; print(*range(50), sep='\\n'); sys.exit('no route')"
    with pytest.raises(Unavailable, match=r"下载没有成功：\n") as caught:
        run([sys.executable, "-c", script], "下载")
    lines = str(caught.value).splitlines()
    assert "no route" in lines
    assert len(lines) == 13


def test_a_cut_or_missing_file_is_recognised_and_removed(tmp_path: Path) -> None:
    jar, whole, cut = (tmp_path / name for name in ("serve.jar", "whole.jar", "cut.jar"))
    whole.write_bytes(b"12345")
    cut.write_bytes(b"12345")
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr(LISTING, "5\twhole.jar\n5\tcut.jar")
    assert complete(jar)
    cut.write_bytes(b"123")
    assert not complete(jar)
    assert whole.exists() and not cut.exists()
    assert not complete(jar)


def test_two_processes_never_fetch_at_once(tmp_path: Path) -> None:
    lock = tmp_path / "lock.db"
    other = ("import sys; from pathlib import Path; from tests.neo4j_server.jars import alone\n"
             "with alone(Path(sys.argv[1])): print('in', flush=True); sys.stdin.read()")
    with subprocess.Popen([sys.executable, "-c", other, str(lock)], cwd=ROOT,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"in"
        with pytest.raises(Unavailable, match="另一个程序"), alone(lock, patience=0.1):
            pass
        process.kill()
    with alone(lock, patience=5):
        assert lock.exists()


@pytest.mark.parametrize(("setting", "code"), [("", 0), ("required", 1)])
def test_a_run_without_java_says_in_one_line_what_was_left_out(
    setting: str, code: int, tmp_path: Path
) -> None:
    environ = os.environ | {"PATH": tools(tmp_path), "XIANGLIAN_TEST_NEO4J": setting}
    environ.pop("JAVA_HOME", None)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/test_neo4j_server.py"],
        cwd=ROOT, env=environ, capture_output=True, encoding="utf-8", errors="replace")
    assert done.returncode == code, done.stdout
    said = [line for line in done.stdout.splitlines() if line.startswith("未测 Neo4j")]
    assert len(said) == (0 if code else 1)
    assert all("个测试" in line and "apt-get install" in line for line in said)
