"""Google Cloud on loopback: Cloud Storage, and a stand-in for Dataflow's service."""

import pytest
from corpus import write_corpus
from fake_dataflow import running_fake_dataflow
from gcs import BUCKET, running_gcs


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Twenty articles with their copies, on this machine."""
    return write_corpus(tmp_path_factory.mktemp("in"), count=20)


@pytest.fixture(scope="module")
def cloud(corpus, tmp_path_factory):
    """The service, and a bucket with the corpus under `in/`."""
    storage = pytest.importorskip(
        "google.cloud.storage", reason="the client of Cloud Storage is in the extra gcp"
    )
    keys = tmp_path_factory.mktemp("key")
    with running_gcs(), running_fake_dataflow(keys) as dataflow, pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(dataflow.credentials))
        bucket = storage.Client.create_anonymous_client().bucket(BUCKET)
        for path in corpus.iterdir():
            bucket.blob(f"in/{path.name}").upload_from_filename(path)
        yield dataflow, bucket
