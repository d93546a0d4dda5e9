"""What the page takes from npm: in the wheel with its licence, never in git, fetched only once."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import hatch_build
from hatch_build import FILES, ROOT, STAMP, VENDOR, there

NOWHERE = {"npm_config_registry": "http://127.0.0.1:9", "PIP_NO_INDEX": "1",
           "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}


@pytest.fixture(scope="module", autouse=True)
def brought() -> None:
    """As every build does, an editable one too."""
    hatch_build.bring()


def test_the_lock_names_no_address_and_checks_every_file() -> None:
    text = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert not re.search(r"https?:|resolved|//[a-z]", text)
    packages = {name: said for name, said in json.loads(text)["packages"].items() if name}
    assert set(packages) == {"node_modules/cytoscape", "node_modules/axe-core"}
    assert all(said["integrity"].startswith("sha512-") for said in packages.values())
    assert packages["node_modules/axe-core"]["dev"]


def test_the_wheel_carries_it_and_the_second_build_asks_nobody(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NOWHERE.items():
        monkeypatch.setenv(name, value)
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
                   cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        licence = packed.read((VENDOR / FILES["LICENSE"]).as_posix()).decode()
        script = packed.read((VENDOR / "cytoscape.js").as_posix()).decode()
    assert "Cytoscape Consortium" in licence and "Permission is hereby granted" in licence
    assert "eval(" not in script and "new Function(" not in script  # the policy forbids both
    assert not [name for name in names if "axe" in name or "node_modules" in name]
    assert "api/web/templates/base.html" in names


def test_only_what_is_not_there_wants_node(tmp_path: Path) -> None:
    shutil.copy(ROOT / "package-lock.json", tmp_path)
    assert not there(tmp_path)
    (tmp_path / VENDOR).mkdir(parents=True)
    for name in (*FILES.values(), STAMP):
        shutil.copy(ROOT / VENDOR / name, tmp_path / VENDOR)
    assert there(tmp_path)
    lock = (tmp_path / "package-lock.json").read_text(encoding="utf-8")
    changed = lock.replace("sha512-", "sha512-0")  # another version
    (tmp_path / "package-lock.json").write_text(changed, encoding="utf-8")
    assert not there(tmp_path)


def test_git_never_holds_it() -> None:
    told = subprocess.run(["git", "check-ignore", (VENDOR / "cytoscape.js").as_posix(),
                           "node_modules/x"], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert len(told.stdout.split()) == 2
