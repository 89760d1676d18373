"""Every campaign of tests/campaigns, in its reduced size."""

import importlib
import pkgutil

import pytest

from tests import campaigns

NAMES = sorted(module.name for module in pkgutil.iter_modules(campaigns.__path__) if module.name != "__main__")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_campaign(name, capsys):
    campaign = importlib.import_module(f"tests.campaigns.{name}")
    found = campaign.run(campaign.REDUCED)
    with capsys.disabled():
        print(f"\n{name}: {found}")
