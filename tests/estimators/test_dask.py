"""A search over the workers of a Dask cluster has the bits of one in this process."""

import os

import joblib
import pytest

from tests.conftest import ROOT
from tests.helpers.searches import searched

distributed = pytest.importorskip("distributed", reason="Dask is in the extra `dask`, which .ci/run installs")


@pytest.fixture
def client(tmp_path, monkeypatch):
    """A client of a cluster of two worker processes, which talk over this machine's own address only."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))  # helpers
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            local_directory=str(tmp_path),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def process_of_worker():
    return os.getpid()


def test_a_search_over_dask_has_the_bits_of_one_process(client):
    workers = client.run(process_of_worker)
    assert len(set(workers.values())) == 2 and os.getpid() not in workers.values()
    with joblib.parallel_config(backend="dask"):
        found = searched(n_jobs=-1)
    tasks = client.run(lambda dask_worker: len(dask_worker.state.log))
    assert all(tasks.values())  # both had some to do
    assert found.tobytes() == searched().tobytes()
