"""Explorables: arguments, contents, and their life in a real browser, from a file, without a network."""

import base64
import gzip
import html as escape
import json
import re

import numpy as np
import pytest

from torquelib.drawing.explorable import Parameter, explore
from torquelib.drawing.figure import Figure, canvas

FIELDS = [-0.2, -0.1, 0.0, 0.1, 0.2]


def spiral(E, k=1.0):
    fig, ax = canvas(height=2)
    x = np.linspace(0, 10, 60)
    ax.plot(x, np.sin(k * x + 5 * E))
    ax.set(xlabel="x (nm)", ylabel="spin")
    return Figure(fig, alt=f"Spins shifted by {5 * E:.1f} nm, wave number {k:g}.")


def field(**changes):
    given = {"name": "E", "values": FIELDS, "label": "electric field", "unit": "V/nm", "start": 0}
    return Parameter(**(given | changes))


@pytest.fixture(scope="module")
def one():
    return explore(spiral, field(), alt="The field shifts the spins.")


@pytest.fixture(scope="module")
def two():
    wave = Parameter("k", [0.5, 1, 2], label="wave number", unit="rad/nm", start=1)
    return explore(spiral, field(), wave, alt="Field and wave number.")


# ---------------------------------------------------------------- arguments


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"values": []}, r"values of 'E' must be a list of at least two numbers; got shape \(0,\)"),
        ({"values": [1]}, r"values of 'E' must be a list of at least two numbers; got shape \(1,\)"),
        ({"values": [[0, 1]]}, r"values of 'E' must be a list of at least two numbers; got shape \(1, 2\)"),
        ({"values": [0, 2, 1]}, "values of 'E' must increase; got 1 after 2"),
        ({"values": [0, 0]}, "values of 'E' must increase; got 0 after 0"),
        ({"values": [0, np.nan]}, "values of 'E' must be finite; got .*nan"),
        ({"start": 1}, r"start of 'E' must lie in \[-0.2, 0.2\] V/nm; got 1 V/nm"),
        ({"name": "no name"}, "name must be an argument of the drawing function; got 'no name'"),
        ({"label": ""}, "label must say what parameter 'E' is; got ''"),
    ],
)
def test_wrong_parameter(changes, message):
    with pytest.raises(ValueError, match=message):
        field(**changes)


def test_values_that_are_no_numbers():
    with pytest.raises(TypeError, match="values of 'E' must be numeric"):
        field(values=["low", "high"])


def test_how_many_parameters():
    with pytest.raises(ValueError, match="parameters must be one or two; got 0"):
        explore(spiral, alt="Nothing moves.")
    three = [field(name=name) for name in "Eab"]
    with pytest.raises(ValueError, match="parameters must be one or two; got 3"):
        explore(lambda E, a, b: spiral(E), *three, alt="Too much moves.")
    with pytest.raises(ValueError, match="parameters must differ in name; got 'E' twice"):
        explore(spiral, field(), field(), alt="Twice the same.")
    with pytest.raises(TypeError, match=r"parameters must be of class Parameter; got \[0, 1\]"):
        explore(spiral, [0, 1], alt="A list.")


def test_wrong_drawing():
    with pytest.raises(TypeError, match="draw must be a function; got 'spiral'"):
        explore("spiral", field(), alt="No function.")
    with pytest.raises(TypeError, match="draw must take q"):
        explore(spiral, field(name="q"), alt="A name that draw does not know.")
    with pytest.raises(ValueError, match="alt must say what the explorable shows; got ''"):
        explore(spiral, field(), alt="")
    with pytest.raises(TypeError, match="draw must return a Figure; got NoneType"):
        explore(lambda E: None, field(), alt="No figure.").html()


def test_start_is_the_closest_stop_and_zero_has_no_sign():
    parameter = field(values=np.linspace(-0.3, 0.3, 7), start=0.04, format=".1f")
    assert parameter.start == 3
    assert parameter.texts[3] == "0.0 V/nm" and parameter.texts[0] == "−0.3 V/nm"


# ----------------------------------------------------------------- contents


def unpack(fragment):
    packed = re.search(r'<script type="text/plain">([^<]*)</script>', fragment).group(1)
    data = json.loads(gzip.decompress(base64.b64decode(packed)))
    return data, ["\n".join(data["lines"][i] for i in frame) for frame in data["frames"]]


def test_every_combination_is_drawn_in_order(two):
    data, frames = unpack(two.html())
    assert data["texts"][1] == ["0.5 rad/nm", "1 rad/nm", "2 rad/nm"]
    expected = [spiral(E, k) for E in FIELDS for k in (0.5, 1, 2)]
    for frame, figure in zip(frames, expected, strict=True):
        prefix = re.search(r' id="([^-"]+)-', frame).group(1)
        assert frame == figure.svg(prefix)


def test_what_frames_share_is_kept_once(one):
    data, frames = unpack(one.html())
    assert sum(map(len, data["lines"])) < 0.6 * sum(map(len, frames))


def test_without_a_script_there_is_the_first_frame_and_no_dead_slider(one):
    fragment = one.html()
    shown = fragment.split('class="te-frame"')[1].split('class="te-controls"')[0]
    assert 'aria-label="Spins shifted by 0.0 nm, wave number 1."' in shown
    assert '<div class="te-controls" hidden>' in fragment
    assert "<noscript>" in fragment


def test_ids_do_not_repeat(one, two):
    ids = re.findall(r' id="([^"]+)"', one.html() + two.html())
    assert ids and len(ids) == len(set(ids))


def test_the_page_gets_html_and_a_strip_for_paper(one, monkeypatch):
    monkeypatch.setenv("TORQUELIB_MEDIUM", "page")
    bundle = one._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "application/pdf"}
    strip = base64.b64decode(bundle["application/pdf"])
    assert strip.startswith(b"%PDF") and strip.count(b"/Type /Page ") == len(one.strip())


def test_the_tests_get_a_sentence_and_draw_every_stop(two, monkeypatch):
    monkeypatch.setenv("TORQUELIB_MEDIUM", "text")
    drawn = []

    def draw(E, k):
        drawn.append((E, k))
        return spiral(E, k)

    bundle = explore(draw, *two.parameters, alt="The field\nshifts.")._repr_mimebundle_()
    assert bundle == {"text/plain": "Explorable: The field shifts."}
    assert sorted(drawn) == sorted((E, k) for E in FIELDS for k in (0.5, 1, 2))


def test_what_would_fail_in_the_page_fails_the_tests_of_the_notebook(monkeypatch):
    monkeypatch.setenv("TORQUELIB_MEDIUM", "text")

    def broken_between_the_frames_of_the_strip(E):
        if E == FIELDS[1]:
            raise ZeroDivisionError
        return spiral(E)

    with pytest.raises(ZeroDivisionError):
        explore(broken_between_the_frames_of_the_strip, field(values=[-0.2, -0.1, 0, 0.1, 0.15, 0.2]),
                alt="A broken stop.")._repr_mimebundle_()

    def noise(E):
        fig, ax = canvas()
        ax.plot(np.random.default_rng(round(1000 * E)).random(3000))
        return Figure(fig, alt="Noise.")

    with pytest.raises(ValueError, match="at most 400 kB in the page"):
        explore(noise, Parameter("E", np.linspace(0, 1, 60), label="seed"), alt="Noise.")._repr_mimebundle_()


def test_the_widget_shows_the_frame_of_its_slider(two, monkeypatch):
    monkeypatch.delenv("TORQUELIB_MEDIUM", raising=False)
    assert "application/vnd.jupyter.widget-view+json" in two._repr_mimebundle_()
    picture, first, second, play = two.widget().children
    assert (first.label, second.label) == ("0 V/nm", "1 rad/nm")
    for value, label in zip(range(5), two.parameters[0].texts):
        play.value = value
        assert first.label == label
    second.label = "2 rad/nm"
    assert escape.escape("Spins shifted by 1.0 nm, wave number 2.") in picture.value


# ------------------------------------------------------------------ browser


def picture(page, n=0):
    return page.locator(".te-frame svg").nth(n).get_attribute("aria-label")


def wait_for(page, text, n=0):
    page.wait_for_function(
        "([n, text]) => document.querySelectorAll('.te-frame')[n].innerHTML.includes(text)", arg=[n, text],
        timeout=10_000,
    )


def test_keyboard_moves_the_picture(one, open_page):
    page = open_page(one.html())
    before = page.locator(".te-frame").screenshot()
    slider = page.get_by_role("slider", name="electric field")
    slider.focus()
    page.keyboard.press("ArrowRight")
    wait_for(page, "shifted by 0.5 nm")
    assert page.locator("output").inner_text() == "0.1 V/nm"
    assert slider.get_attribute("aria-valuetext") == "0.1 V/nm"
    assert page.locator(".te-frame").screenshot() != before
    page.keyboard.press("Home")
    wait_for(page, "shifted by −1.0 nm")
    page.wait_for_function("document.querySelector('.te-status').textContent.includes('shifted by −1.0 nm')")
    assert page.locator(".te-status").get_attribute("aria-live") == "polite"


def test_mouse_moves_the_picture(one, open_page):
    page = open_page(one.html())
    box = page.get_by_role("slider").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, middle, steps=5)
    page.mouse.up()
    wait_for(page, "shifted by 1.0 nm")
    assert page.locator("output").inner_text() == "0.2 V/nm"


def test_play_advances_by_keyboard_and_pauses(one, open_page):
    page = open_page(one.html())
    page.wait_for_timeout(1200)
    assert "shifted by 0.0 nm" in picture(page)  # nothing moves unasked
    page.get_by_role("button", name="Play").focus()
    page.keyboard.press("Enter")
    wait_for(page, "shifted by 0.5 nm")
    wait_for(page, "shifted by 1.0 nm")
    page.wait_for_function("() => !document.querySelector('.te-frame').innerHTML.includes('shifted by 1.0 nm')")
    assert "shifted by 0.5 nm" in picture(page)  # back again, without a jump
    page.get_by_role("button", name="Pause").click()
    still = picture(page)
    page.wait_for_timeout(1200)
    assert picture(page) == still
    assert page.get_by_role("button", name="Play").is_visible()


def test_a_copy_made_while_it_plays_is_at_rest(one, open_page):
    """As the file for a talk is."""
    page = open_page(one.html())
    page.get_by_role("button", name="Play").click()
    copy = page.locator(".torque-explorable").evaluate("figure => figure.outerHTML")
    assert "Pause" in copy and open_page(copy).get_by_role("button").inner_text() == "Play"


def test_moving_the_slider_stops_the_play(one, open_page):
    page = open_page(one.html())
    page.get_by_role("button", name="Play").click()
    page.get_by_role("slider").press("End")
    assert page.get_by_role("button").inner_text() == "Play"


def test_the_picture_itself_can_be_dragged(one, open_page):
    page = open_page(one.html())
    box = page.locator(".te-frame").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 60)  # a quarter of the way: one stop of four
    wait_for(page, "shifted by 0.5 nm")
    page.mouse.up()
    page.mouse.move(box["x"], box["y"])
    page.wait_for_timeout(200)
    assert "shifted by 0.5 nm" in picture(page) and page.get_by_role("slider").input_value() == "3"


def test_play_is_slow_where_motion_is_unwelcome(one, open_page):
    page = open_page(one.html(), reduced_motion="reduce")
    page.get_by_role("button", name="Play").click()
    wait_for(page, "shifted by 0.5 nm")
    page.wait_for_timeout(800)  # two steps at the ordinary pace
    assert "shifted by 0.5 nm" in picture(page)


def test_two_sliders_choose_the_frame_together(two, open_page):
    page = open_page(two.html())
    page.get_by_role("slider", name="wave number").press("End")
    wait_for(page, "wave number 2")
    page.get_by_role("slider", name="electric field").press("ArrowLeft")
    wait_for(page, "shifted by −0.5 nm, wave number 2")


def test_explorables_in_one_page_do_not_interfere(one, two, open_page):
    page = open_page(one.html(), two.html())
    page.get_by_role("slider", name="electric field").nth(1).press("End")
    wait_for(page, "shifted by 1.0 nm", n=1)
    assert "shifted by 0.0 nm" in picture(page, 0)
    names = page.evaluate("() => { const f = document.createElement('iframe'); document.body.append(f);"
                          "return Object.keys(window).filter(n => !(n in f.contentWindow) && isNaN(n)); }")
    assert names == []


def test_screen_reader_sees_a_named_group_slider_and_picture(one, open_page):
    page = open_page(one.html())
    assert page.get_by_role("figure", name="The field shifts the spins.").is_visible()
    assert page.get_by_role("slider", name="electric field").is_visible()
    assert page.get_by_role("img", name="Spins shifted by 0.0 nm").first.is_visible()


def test_ink_follows_the_theme(one, open_page):
    page = open_page(one.html())
    ink = "getComputedStyle(document.querySelector('.te-frame svg [style*=currentColor]')).stroke"
    assert page.evaluate(ink) == "rgb(17, 17, 17)"
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert page.evaluate(ink) == "rgb(238, 238, 238)"


def test_paper_gets_the_strip_and_no_slider(one, open_page):
    page = open_page(one.html())
    assert not page.locator(".te-strip").is_visible()
    page.emulate_media(media="print")
    assert page.locator(".te-strip").is_visible() and page.locator(".te-strip svg").count() == 4
    captions = page.locator(".te-strip figcaption").all_inner_texts()
    assert captions[0] == "electric field −0.2 V/nm" and captions[-1] == "electric field 0.2 V/nm"
    for hidden in (".te-frame", ".te-controls", ".te-status"):
        assert not page.locator(hidden).is_visible()


def test_without_scripts_the_strip_stands_for_the_slider(one, open_page):
    page = open_page(one.html(), java_script_enabled=False)
    assert page.locator(".te-frame svg").is_visible() and page.locator(".te-strip").is_visible()
    assert not page.get_by_role("slider").is_visible()


def test_a_browser_that_cannot_unpack_says_so(one, open_page):
    page = open_page("<script>delete window.DecompressionStream</script>", one.html())
    assert "cannot unpack" in page.locator(".te-status").inner_text()
    assert page.locator(".te-strip").is_visible() and not page.get_by_role("slider").is_visible()


def test_it_fits_a_phone(two, open_page):
    page = open_page(two.html())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.get_by_role("button").bounding_box()["height"] >= 24
