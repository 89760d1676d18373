"""Every campaign of tests/campaigns, in its reduced size."""

import importlib
import os
import pkgutil

import pytest

from tests import campaigns
from tests.campaigns import hostile

NAMES = sorted(module.name for module in pkgutil.iter_modules(campaigns.__path__) if module.name != "__main__")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_campaign(name, record_property):
    campaign = importlib.import_module(f"tests.campaigns.{name}")
    record_property("said", f"{name}: {campaign.run(campaign.REDUCED)}")


@pytest.mark.parametrize(
    ("event", "deed"),
    [
        ("os.system", lambda path: os.system("true")),
        ("os.posix_spawn", lambda path: os.posix_spawn("/bin/true", ["true"], {})),
        ("os.exec", lambda path: os.execv("/bin/true", ["true"])),
        ("os.fork", lambda path: os.fork()),
        ("os.remove", os.remove),
        ("os.rename", lambda path: os.rename(path, path.with_name("elsewhere"))),
        ("os.mkdir", lambda path: os.mkdir(path.with_name("folder"))),
        ("open", lambda path: path.with_name("other").read_bytes()),
        ("open", lambda path: path.write_bytes(b"")),
        ("compile", lambda path: exec(path.read_bytes())),
        ("import", lambda path: __import__("this")),
    ],
)
def test_what_a_hostile_file_might_do_is_seen_and_prevented(event, deed, tmp_path, monkeypatch):
    (path := tmp_path / "file").write_bytes(b"1")
    monkeypatch.setitem(hostile.LOADERS, "planted", deed)
    found = hostile.watched("planted", path)
    assert found["done"] and found["done"][0].startswith(f"{event} (")
    assert [file.name for file in tmp_path.iterdir()] == ["file"] and path.read_bytes() == b"1"
