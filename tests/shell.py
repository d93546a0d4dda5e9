"""The command line in a folder and with a store of its own."""

import contextlib
import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from api.cli import main


class Shell:
    """Runs the command line in a folder of its own against one store."""

    def __init__(self, folder: Path, store: str) -> None:
        self.folder = folder
        self.environ = os.environ | {"XIANGLIAN_STORE": store, "PYTHONUTF8": "1",
                                     "XIANGLIAN_CACHE": str(folder / "cache")}

    def run(self, *arguments: str, code: int = 0) -> str:
        """stdout (and stderr where it fails) of the command, in this process."""
        out, err = io.StringIO(), io.StringIO()
        with (contextlib.chdir(self.folder), redirect_stdout(out), redirect_stderr(err),
              pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as end):
            for name, value in self.environ.items():
                patch.setenv(name, value)
            main(list(arguments))
        assert (end.value.code or 0) == code, out.getvalue() + err.getvalue()
        return out.getvalue() if code == 0 else out.getvalue() + err.getvalue()

    def process(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The same as a process of its own."""
        root = str(Path(__file__).parent.parent)
        return subprocess.run(
            [sys.executable, "-c", "from api.door import main; main()", *arguments],
            cwd=self.folder, env=self.environ | {"PYTHONPATH": root},
            capture_output=True, encoding="utf-8")

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code))
