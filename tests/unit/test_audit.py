import json
import subprocess

import pytest

from tests import audit

KNOWN = {
    "dependencies": [
        {"name": "good", "version": "1.0", "vulns": []},
        {"name": "bad", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]},
        {"name": "torch", "skip_reason": "not on the index"},
    ]
}


def answer(monkeypatch: pytest.MonkeyPatch, stdout: str, stderr: str = "") -> None:
    done = subprocess.CompletedProcess([], 1, stdout, stderr)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)


def test_fails_where_a_vulnerability_is_known(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, json.dumps(KNOWN))

    assert audit.main() == 1
    said = capsys.readouterr().out
    assert "bad 2.0: PYSEC-1; fixed in 2.1" in said
    assert "not audited: torch" in said


def test_is_content_where_none_is_known(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answer(monkeypatch, json.dumps({"dependencies": KNOWN["dependencies"][:1]}))

    assert audit.main() == 0
    assert "No known vulnerability in 1 packages" in capsys.readouterr().out


@pytest.mark.parametrize("output", ["", "not json", "[]", "{}", '{"dependencies": []}'])
def test_says_loudly_that_nothing_was_looked_at(
    output: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, output, "ConnectionError: no route")

    assert audit.main() == 0
    assert "NOT AUDITED: ConnectionError: no route" in capsys.readouterr().out
    monkeypatch.setenv("ODDSPOT_AUDIT", "required")
    assert audit.main() == 1


def test_tells_an_index_that_knows_nothing_from_one_that_knows_of_no_vulnerability(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, json.dumps({"dependencies": KNOWN["dependencies"][2:]}), "No known vulnerabilities found")

    assert audit.main() == 0
    assert "NOT AUDITED: the package index that is asked tells of no vulnerabilities" in capsys.readouterr().out


def test_waits_for_no_index_for_ever(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def never(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired([], 1)

    monkeypatch.setattr(subprocess, "run", never)

    assert audit.main() == 0
    assert "did not answer in time" in capsys.readouterr().out
