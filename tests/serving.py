"""The HTTP server as a process of its own, on the store of a shell."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx

from tests.shell import Shell

PATIENCE = 60.0
Found = TypeVar("Found")


def in_a_loop(work: Coroutine[Any, Any, Found]) -> Found:
    """asyncio.run in a thread of its own: the browser of other tests keeps a loop in ours."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


class Server:
    """`xianglian serve` on a free port; `log` holds its lines."""

    def __init__(self, shell: Shell, *arguments: str, wait: bool = True, **environ: str) -> None:
        root = str(Path(__file__).parent.parent)
        self.file = shell.folder / f"serve-{time.monotonic_ns()}.log"
        with self.file.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from api.cli import main; main()", "serve", "--port", "0",
                 *arguments], cwd=shell.folder, stderr=log, stdout=log,
                env=shell.environ | {"PYTHONPATH": root} | environ)
        self.url = self._address()
        self.client = httpx.Client(base_url=self.url, timeout=PATIENCE)
        if wait:
            self.until(lambda: self.client.get("/readyz").status_code == 200)

    @property
    def log(self) -> str:
        return self.file.read_text(encoding="utf-8")

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def _address(self) -> str:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            if found := re.search(r"(http://\S+:\d+)/docs", self.log):
                return found[1]
            time.sleep(0.05)
        raise AssertionError(self.log)

    def until(self, done: Callable[[], bool]) -> None:
        """Wait for it."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if done():
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(self.log[-3000:])

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.client.close()
        self.process.terminate()
        self.process.wait(PATIENCE)
