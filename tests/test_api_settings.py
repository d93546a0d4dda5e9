"""Settings are read once, and every one of them is documented."""

from pathlib import Path

from api.settings import VARIABLES, Settings

ROOT = Path(__file__).parent.parent


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in VARIABLES)


def test_an_explicit_store_wins_over_the_environment() -> None:
    settings = Settings.read({"XIANGLIAN_STORE": "sqlite:///a.db"}, store="sqlite://")
    assert settings.store == "sqlite://"


def test_a_bare_file_name_is_a_sqlite_file() -> None:
    assert Settings.read({}, store="图谱.db").store == "sqlite:///图谱.db"


def test_without_a_store_the_file_is_in_the_users_data_folder() -> None:
    assert Settings.read({}).store.endswith("/xianglian.db")
