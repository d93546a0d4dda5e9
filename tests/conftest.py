"""What several test files share: one store with the shipped data a session."""

from pathlib import Path

import pytest

from tests.shell import Shell


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A store with the shipped data, only read by the tests that share it."""
    folder = tmp_path_factory.mktemp("shell")
    shell = Shell(folder, f"sqlite:///{(folder / 'shipped.db').as_posix()}")
    report = shell.json("load")
    assert report["rejected"] == 0
    return shell


@pytest.fixture
def scratch(tmp_path: Path, shell: Shell) -> Shell:
    """A copy of the shipped store that a test may change."""
    shell.run("backup", str(tmp_path / "copy.db"))
    return Shell(tmp_path, f"sqlite:///{(tmp_path / 'copy.db').as_posix()}")
