"""`xianglian start` as a process: it answers, serves the page, and ends when told to."""

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from api.listening import has_display
from tests.shell import Shell

PATIENCE = 60.0


def test_start_takes_the_next_free_port_and_ends_with_ctrl_c(shell: Shell, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-c", "from api.door import main; main()", "start", "--port",
                 str(port)], cwd=tmp_path, stdout=file, stderr=file,
                env={k: v for k, v in shell.environ.items()
                     if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
                | {"PYTHONPATH": str(Path(__file__).parent.parent)})
        try:
            root = _address(process, log)
            assert int(root.rpartition(":")[2]) != port
            assert "隔膜" in httpx.get(f"{root}/", timeout=PATIENCE).text
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(PATIENCE)
    said = log.read_text(encoding="utf-8")
    assert code == 0 and "Traceback" not in said
    assert said.index("完整度") < said.index("http://")  # the answer stands before the address


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(r"湘链在 (http://127\.0\.0\.1:\d+)/", log.read_text("utf-8")):
            return found[1]
        time.sleep(0.05)
    raise AssertionError(log.read_text("utf-8"))


def test_a_browser_is_opened_only_where_it_can_be_seen() -> None:
    assert not has_display({}, "linux") and has_display({"DISPLAY": ":0"}, "linux")
    assert has_display({"WAYLAND_DISPLAY": "wayland-0"}, "linux") and has_display({}, "win32")


def test_start_for_a_script_only_answers(shell: Shell) -> None:
    answers = shell.json("start")["answers"]
    assert [answer["at"][:4] for answer in answers[:2]] == ["2014", "2018"]
