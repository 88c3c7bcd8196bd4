import importlib.metadata

import pytest
from rich.console import Console

import pipelines.doctor as doctor_module
from pipelines.doctor import Finding, doctor


def examine(monkeypatch, *checks):
    """Run only the named checks; the engine takes a second."""
    monkeypatch.setattr(
        doctor_module, "_CHECKS", tuple(getattr(doctor_module, f"_{check}") for check in checks)
    )
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    return doctor(console), console.export_text()


def test_this_machine_passes():
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    assert doctor(console)
    text = console.export_text()
    assert "FAIL" not in text
    assert "ran a tiny pipeline" in text
    assert "this machine can run warraq" in text


def test_two_owners_of_an_import_name_fail(monkeypatch):
    monkeypatch.setattr(
        importlib.metadata,
        "packages_distributions",
        lambda: {"pipelines": ["warraq"], "schemas": ["warraq"], "transforms": ["transforms", "warraq"]},
    )
    good, text = examine(monkeypatch, "owners")
    assert not good
    assert "installed by transforms, warraq → pip uninstall transforms" in text


def test_modules_from_elsewhere_fail(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor_module, "_home", lambda name: tmp_path / name)
    good, text = examine(monkeypatch, "owners")
    assert not good
    assert "comes from" in text


def test_credentials_are_never_printed(monkeypatch, tmp_path):
    secret = tmp_path / "very-secret-name.json"
    secret.write_text("very-secret-key")
    for value, said in (
        (secret, "set, and the file is there"),
        (tmp_path / "very-secret-gone", "there is no such file"),
    ):
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(value))
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "very-secret-host:8085")
        good, text = examine(monkeypatch, "surroundings")
        assert good
        assert said in text
        assert "very-secret" not in text


def test_a_missing_dependency_fails_with_its_remedy(monkeypatch):
    real = importlib.metadata.version

    def version(name):
        if name == "pyarabic":
            raise importlib.metadata.PackageNotFoundError(name)
        return "0.1" if name == "numpy" else real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    good, text = examine(monkeypatch, "versions")
    assert not good
    assert "pip install 'pyarabic" in text
    assert "pip install 'numpy>=2'" in text


def test_a_check_that_breaks_is_a_failure_and_the_others_go_on(monkeypatch):
    def broken():
        message = "no \x1b[31m[bold]luck"
        raise RuntimeError(message)

    def fine():
        yield Finding("fine", "ok", "all well")

    monkeypatch.setattr(doctor_module, "_CHECKS", (broken, fine))
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    assert not doctor(console)
    text = console.export_text()
    assert "RuntimeError: no [31m[bold]luck" in text
    assert "all well" in text


@pytest.mark.parametrize("check", ["python", "beam_is_compiled", "codecs", "extras", "time_zones", "machine"])
def test_every_other_check_runs(monkeypatch, check):
    good, text = examine(monkeypatch, check)
    assert good
    assert "FAIL" not in text
