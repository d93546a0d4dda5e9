"""Signed in by a cookie: with the link that `serve` prints, or with a key.

The folder is that of one run of the server, shared by its workers and gone with it.  It holds
hashes only, so who reads it can neither open the link nor make a cookie.
"""

import json
import os
import secrets
import time
from pathlib import Path

from api.keys import Keys, Visitor, digest

__all__ = ["LASTS", "LOCAL", "Sessions"]

LASTS = 12 * 3600  # seconds, of a link and of a cookie
LOCAL = "本机"  # the name of who came by the link


class Sessions:
    """The cookies of one run of the server."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        self.folder, self.keys = folder, keys
        # Cookies are not told apart by port: two servers on one machine need two names.
        self.cookie = f"xianglian_{digest(str(folder))[:8]}"

    def link(self) -> str:
        """A new token that signs one browser in, once."""
        token = secrets.token_urlsafe(24)
        (self.folder / f"{digest(token)}.link").touch(0o600)
        return token

    def open(self, token: str) -> str | None:
        """The cookie for a token, which is worth nothing any more; None if it was not."""
        file = self.folder / f"{digest(token)}.link"
        try:
            late = time.time() - file.stat().st_mtime > LASTS
            file.unlink()  # of two at once only one succeeds
        except OSError:
            return None
        return None if late else self.begin(Visitor(LOCAL, "write"))

    def begin(self, visitor: Visitor, key: str = "") -> str:
        """A new cookie for somebody; `key` is the hash of the kept key that they came with."""
        secret = secrets.token_urlsafe(32)
        said = {"name": visitor.name, "scope": visitor.scope, "key": key,
                "until": time.time() + LASTS}
        file = self.folder / f"{digest(secret)}.session"
        with open(file, "x", encoding="utf-8",
                  opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            json.dump(said, out)
        return secret

    def end(self, cookies: list[str]) -> None:
        """Forget the cookie."""
        if secret := self._secret(cookies):
            (self.folder / f"{digest(secret)}.session").unlink(missing_ok=True)

    def find(self, cookies: list[str]) -> Visitor | None:
        """Who sent these Cookie headers; a session ends with the key that it began with."""
        secret = self._secret(cookies)
        try:
            said = json.loads((self.folder / f"{digest(secret)}.session").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        if said["until"] < time.time():
            return None
        held = not said["key"] or said["key"] in {key.hash for key in self.keys.known()}
        return Visitor(said["name"], said["scope"]) if held else None

    def _secret(self, cookies: list[str]) -> str:
        """What is said under our name.  Cookies of other programs on this machine come along, and
        one that is odd (`x={"a": 1}`) must not hide ours, as SimpleCookie would let it."""
        return next((said for header in cookies for name, _, said in (
            part.strip().partition("=") for part in header[:8192].split(";"))
            if name == self.cookie), "")
