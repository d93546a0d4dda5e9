"""Keys: who may ask, write and oversee; kept hashed, one small file each.

A key is 256 random bits, so one SHA-256 is all the hashing that it needs: there is nothing to guess
at.  One file a key: two who add at once never lose each other's, and adding a name that is taken
fails.  The servers look again every second.
"""

import hmac
import json
import os
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b, sha256
from pathlib import Path

from graph.dates import CHINA
from graph.names import nearest
from ontology import NotFound, StoreError, XianglianError

__all__ = ["SCOPES", "Key", "Keys", "Visitor", "digest", "private"]

SCOPES = ("read", "write", "admin")  # each may do what those before it may
NAME = re.compile(r"[\w.@-][\w.@ -]{0,59}")
LOOK = 1.0  # seconds for which the server believes what it has read


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks; scope "" is somebody of whom nothing is known."""

    name: str
    scope: str = ""

    def may(self, scope: str) -> bool:
        """Whether that scope is within theirs."""
        return self.scope in SCOPES and SCOPES.index(self.scope) >= SCOPES.index(scope)


@dataclass(frozen=True, slots=True)
class Key:
    """What is kept of a key; `hash` is 64 hex digits."""

    name: str
    scope: str
    hash: str
    added: str


class Keys:
    """The keys in a folder; those who only ask need not be able to write there."""

    def __init__(self, desk: Path) -> None:
        self.folder = desk / "keys"
        self._read: tuple[float, tuple[Key, ...]] = (float("-inf"), ())

    def add(self, name: str, scope: str) -> str:
        """Keep a new key of that name; the key itself, which nobody can learn again."""
        name = name.strip()
        if not NAME.fullmatch(name):
            raise XianglianError("名称只用文字、数字和 . @ - _，最多 60 个字")
        key = f"xl_{secrets.token_urlsafe(32)}"
        said = {"name": name, "scope": scope, "hash": digest(key),
                "added": datetime.now(CHINA).isoformat(timespec="seconds")}
        try:
            private(self.folder)
            with open(self._file(name), "x", encoding="utf-8", opener=_owned) as file:
                json.dump(said, file, ensure_ascii=False)
        except FileExistsError:
            raise XianglianError(f"已经有叫「{name}」的密钥；先 xianglian key remove {name}，"
                                 "或换一个名称") from None
        except OSError as error:
            raise StoreError(f"密钥写不进 {self.folder}：{error.strerror}") from error
        return key

    def remove(self, name: str) -> None:
        """Forget a key; every server refuses it within a second or so."""
        try:
            self._file(name.strip()).unlink()
        except FileNotFoundError:
            raise NotFound("密钥", name, nearest(name, [key.name for key in self.all()])) from None
        except OSError as error:
            raise StoreError(f"密钥删不掉：{error.strerror}") from error

    def all(self) -> tuple[Key, ...]:
        """Every key, by name.  Raises StoreError rather than take a damaged folder for an empty
        one: that would open the door."""
        found = []
        try:
            for file in self.folder.glob("*.json") if self.folder.is_dir() else ():
                found.append(Key(**json.loads(file.read_text(encoding="utf-8"))))
        except FileNotFoundError:
            return self.all()  # one was removed meanwhile
        except (OSError, ValueError, TypeError) as error:
            raise StoreError(f"密钥文件夹 {self.folder} 读不了，或其中有损坏的文件") from error
        return tuple(sorted(found, key=lambda key: key.name))

    def known(self) -> Sequence[Key]:
        """The same, read at most once a second."""
        now = time.monotonic()
        if now - self._read[0] > LOOK:
            self._read = now, self.all()
        return self._read[1]

    def find(self, given: str) -> Visitor | None:
        """Whose key it is."""
        wanted = digest(given)
        return next((Visitor(key.name, key.scope) for key in self.known()
                     if hmac.compare_digest(key.hash, wanted)), None)

    def _file(self, name: str) -> Path:
        """A name that every file system takes, the same for names that differ only in case."""
        return self.folder / f"{blake2b(name.casefold().encode(), digest_size=12).hexdigest()}.json"


def digest(secret: str) -> str:
    """What is kept in the place of a random secret."""
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def private(folder: Path) -> Path:
    """The folder, made for its owner alone where the system knows such rights; on Windows the
    user's own folders are closed to others already."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _owned(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
