"""Figures to take away: what a figure's menu gives is whole, says what it is, and works by itself."""

import struct
import xml.etree.ElementTree as ElementTree

import pytest

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def taken(html, browser, until, tmp_path_factory):
    """{name: path} of the files of a figure, an explorable and a simulation, the explorable moved to its last stop."""
    folder = tmp_path_factory.mktemp("taken")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    problems, files = [], {}
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: message.type in ("error", "warning") and problems.append(message.text))
    page.goto(f"{html.as_uri()}/book/01_electrons_in_a_texture.html")
    page.locator("#fig-wall-flight input").press("End")
    until(page, "document.querySelector('#fig-wall-flight output').textContent.startsWith('2')")
    plain = page.locator(".torque-figure:not(.torque-explorable, .torque-live)").first
    for kind, figure in (("figure", plain), ("explorable", page.locator("#fig-wall-flight")),
                         ("simulation", page.locator("#fig-flight"))):
        figure.locator(".take-away").click()
        for item in figure.locator(".take-menu button").all():
            with page.expect_download() as waiting:
                item.click()
            name = waiting.value.suggested_filename
            assert name.startswith("01_electrons_in_a_texture-fig")
            files[kind, item.inner_text()] = folder / name
            waiting.value.save_as(folder / name)
        figure.locator(".take-away").click()
        assert figure.locator(".take-menu").count() == 0
    page.close()
    assert problems == []
    return files


def test_what_each_kind_gives(taken):
    drawn = {f"{form}, {mode}" for form in ("SVG", "PNG") for mode in ("light", "dark")}
    offered = {kind: {item for of, item in taken if of == kind} for kind, _ in taken}
    assert offered == {"figure": drawn, "explorable": drawn | {"HTML, for a talk"}, "simulation": {"HTML, for a talk"}}


@pytest.mark.parametrize("kind", ["figure", "explorable"])
@pytest.mark.parametrize(("mode", "ink", "paper"), [("light", "#000000", "#ffffff"), ("dark", "#e8e8e8", "#121212")])
def test_a_drawing_stands_alone(taken, kind, mode, ink, paper):
    text = taken[kind, f"SVG, {mode}"].read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    assert root.find(f"{SVG}title").text.startswith("Figure 1.") and "CC BY 4.0" in root.find(f"{SVG}desc").text
    assert "CC BY 4.0" in root.findall(f"{SVG}text")[-1].text
    assert root.get("fill") == ink and root.find(f"{SVG}rect").get("fill") == paper
    assert "currentColor" not in text and "var(" not in text and "Take away" not in text


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_picture_has_the_drawing_s_size(taken, mode):
    data = taken["figure", f"PNG, {mode}"].read_bytes()
    root = ElementTree.parse(taken["figure", f"SVG, {mode}"]).getroot()
    width, height = struct.unpack(">II", data[16:24])
    box = [float(number) for number in root.get("viewBox").split()]
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and width / height == pytest.approx(box[2] / box[3], rel=0.01)
    assert width > 1000


def test_an_explorable_s_file_opens_where_it_was_left_and_works(taken, browser, until):
    page = browser.new_page()
    page.goto(taken["explorable", "HTML, for a talk"].as_uri())
    slider = page.get_by_role("slider")
    assert slider.input_value() == slider.get_attribute("max")
    assert "CC BY 4.0" in page.locator("body").inner_text() and page.title().startswith("Figure 1.")
    before = page.locator(".te-frame").inner_html()
    slider.press("Home")
    until(page, "old => document.querySelector('.te-frame').innerHTML !== old", before)
    assert page.locator(".take-away").count() == 0
    page.close()


def test_a_simulation_s_file_runs(taken, browser, until):
    page = browser.new_page()
    page.goto(taken["simulation", "HTML, for a talk"].as_uri())
    picture = "document.querySelector('canvas').toDataURL()"
    until(page, f"old => {picture} !== old", page.evaluate(picture))
    page.close()
