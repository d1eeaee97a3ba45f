"""Buttons that lead out of the book stand there only where they lead somewhere; what an audit needs is named."""

import audit
import pytest
from torque_book import repository


@pytest.mark.parametrize("environment, remote, address", [
    ({}, "https://github.com/someone/intrinsic-torque.git", "https://github.com/someone/intrinsic-torque"),
    ({}, "git@github.com:someone/intrinsic.torque.git", "https://github.com/someone/intrinsic.torque"),
    ({"BOOK_REPOSITORY": "https://github.com/a/b/"}, "/srv/copy", "https://github.com/a/b"),
    ({}, "/srv/copy", ""), ({}, "", ""), ({}, "https://example.org/a/b.git", ""),
])
def test_the_repository_is_known_from_the_environment_or_from_git(environment, remote, address):
    assert repository(environment, remote) == address


def test_an_audit_says_what_it_misses(monkeypatch, tmp_path):
    monkeypatch.setattr(audit, "HTML", tmp_path)
    assert "make book" in audit.missing()
    (tmp_path / "index.html").write_text("")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "npm was not found" in audit.missing()
    (tmp_path / "npx").touch(mode=0o755)
    assert "none was found" in audit.missing()
