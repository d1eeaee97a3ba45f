"""Buttons that lead out of the book stand there only where they lead somewhere; what an audit needs is named."""

from types import SimpleNamespace

import audit
import cards
import pytest
from torque_book import open_doors, repository


@pytest.mark.parametrize("environment, remote, address", [
    ({}, "https://github.com/someone/intrinsic-torque.git", "https://github.com/someone/intrinsic-torque"),
    ({}, "git@github.com:someone/intrinsic.torque.git", "https://github.com/someone/intrinsic.torque"),
    ({"BOOK_REPOSITORY": "https://github.com/a/b/"}, "/srv/copy", "https://github.com/a/b"),
    ({"BOOK_REPOSITORY": "none"}, "https://github.com/a/b.git", ""),
    ({}, "/srv/copy", ""), ({}, "", ""), ({}, "https://example.org/a/b.git", ""),
])
def test_the_repository_is_known_from_the_environment_or_from_git(environment, remote, address):
    assert repository(environment, remote) == address


def test_a_hub_has_a_button_where_its_address_is_known(monkeypatch, tmp_path):
    monkeypatch.setenv("BOOK_HUB", "https://hub.example.org")
    for address in ("", "https://github.com/a/b"):
        monkeypatch.setenv("BOOK_REPOSITORY", address)
        config = SimpleNamespace(html_context={}, html_theme_options={})
        open_doors(SimpleNamespace(confdir=str(tmp_path)), config)
        buttons = config.html_theme_options.get("launch_buttons", {})
        assert (buttons.get("jupyterhub_url") == "https://hub.example.org") == bool(address)


def test_a_card_is_drawn_where_the_address_of_the_book_is_known(html, tmp_path):
    app = SimpleNamespace(config=SimpleNamespace(html_baseurl=""), outdir=tmp_path, cards={"book/08_x": "Survivors"})
    (tmp_path / "_static").mkdir()
    cards.draw(app, None)
    assert not (tmp_path / "_static" / "cards").exists()
    app.config.html_baseurl = "https://example.org/book"
    cards.draw(app, None)
    card = (tmp_path / "_static" / "cards" / "08_x.png").read_bytes()
    assert card.startswith(b"\x89PNG") and 10_000 < len(card) < 100_000
    for path in (html / "book").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert 'property="og:title"' in text and 'property="og:description"' in text, path.name
        assert ("og:image" in text) == ("og:url" in text), path.name


def test_every_page_says_what_it_is_about(html):
    pages = [path for path in html.rglob("*.html") if not {"_static", "_modules", "talks"} & set(path.parts)]
    silent = [path for path in pages if 'name="description"' not in path.read_text(encoding="utf-8")]
    assert len(pages) > 30 and silent == [html / "index.html"]  # which only leads to the cover


def test_an_audit_says_what_it_misses(monkeypatch, tmp_path):
    monkeypatch.setattr(audit, "HTML", tmp_path)
    assert "make book" in audit.missing() and "make book" in audit.missing(["--weights"])
    (tmp_path / "index.html").write_text("")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert audit.missing(["--weights"]) == "" and "no page 'inde'" in audit.missing(["index", "inde"])
    assert "npm was not found" in audit.missing()
    (tmp_path / "npx").touch(mode=0o755)
    assert "none was found" in audit.missing()
