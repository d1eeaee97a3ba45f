"""The figure style: SVG that stands among others in a page and follows its theme."""

import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.patches import Circle

from torquelib.drawing.figure import COLORS, Figure, canvas, printed

DARK_PAGE = "#121212"  # the theme's background in the dark


def sines(points=200, shift=0.0, alt="Two waves, <sine> & \"cosine\", a quarter period apart."):
    fig, ax = canvas()
    x = np.linspace(0, 10, points)
    ax.plot(x, np.sin(x + shift), label=r"$\sin x$")
    ax.plot(x, np.cos(x), "o", color="black", markevery=20, label=r"$\cos x$")
    ax.annotate("crest", (1.6, 1), bbox={"facecolor": "white"})
    ax.legend()
    ax.set(xlabel="position (nm)", ylabel="spin")
    return Figure(fig, alt=alt)


def luminance(color):
    rgb = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["majority", "minority", "m", "E", "field", "approx", "reference", *range(6)])
def test_data_colours_stand_out_on_both_pages(name):
    color = COLORS["cycle"][name] if isinstance(name, int) else COLORS[name]
    assert contrast(color, "#ffffff") >= 3 and contrast(color, DARK_PAGE) >= 3


@pytest.mark.parametrize("theme, paper", [("light", "#ffffff"), ("dark", DARK_PAGE)])
def test_coloured_words_are_readable_on_both_pages(open_page, theme, paper):
    fig, ax = canvas()
    for at, color in enumerate(COLORS["cycle"]):
        ax.text(0, at / 6, "a word and $x_2$", color=color)
    page = open_page(f"<div data-theme={theme}>{Figure(fig, alt='Words.').html()}</div>")
    fills = page.eval_on_selector_all("svg text:not(:has(tspan)), svg tspan", """
        words => words.map(word => getComputedStyle(word).fill)
                      .filter(fill => fill !== getComputedStyle(document.body).color)
                      .map(fill => '#' + fill.match(/\\d+/g).map(x => (+x).toString(16).padStart(2, '0')).join(''))""")
    assert len(set(fills)) == 6 and min(contrast(fill, paper) for fill in fills) >= 4.5


# full dichromacy in linear RGB, Machado, Oliveira and Fernandes, IEEE Trans. Vis. Comput. Graph. 15, 1291 (2009)
PROTANOPIA = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
DEUTERANOPIA = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
TRITANOPIA = [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]


def lab(color, eye):
    rgb = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    rgb = np.clip(eye @ np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4), 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb
    f = np.cbrt(xyz / [0.9505, 1, 1.089])
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


EYES = {"all": np.eye(3), "prot": PROTANOPIA, "deuter": DEUTERANOPIA, "trit": TRITANOPIA}
OPPOSITES = [("majority", "minority"), ("majority", "reference"), ("minority", "E"), ("majority", "approx")]


@pytest.mark.parametrize("eye", EYES.values(), ids=EYES)
@pytest.mark.parametrize("pair", OPPOSITES)
def test_colours_with_opposite_meaning_differ_to_every_eye(pair, eye):
    one, other = (lab(COLORS[name], np.asarray(eye)) for name in pair)
    assert np.linalg.norm(one - other) > 12  # CIE76; about 2 is just noticeable


@pytest.mark.parametrize("width", ["narrow", "wide"])
def test_text_is_readable_on_a_phone(width):
    figure = sines()
    fig, ax = canvas(width=width)
    ax.set(xlabel="x (nm)")
    figure = Figure(fig, alt="An empty frame.")
    column = 358  # CSS pixels of a page's text column on a phone 390 wide
    view_width = float(re.search(r'viewBox="0 0 (\S+) ', figure.svg()).group(1))
    sizes = [ax.xaxis.label.get_size(), ax.get_xticklabels()[0].get_size()]
    assert min(sizes) * column / view_width >= 9


def test_svg_is_well_formed_and_named():
    root = ElementTree.fromstring(sines().svg())
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Two waves, <sine> & \"cosine\", a quarter period apart."


def test_ink_and_paper_follow_the_theme():
    svg = sines().svg()
    colors = set(re.findall(r"#[0-9a-f]{6}", re.sub(r'(href="|url\()#[^")]*', "", svg)))
    assert "#000000" not in colors and "#ffffff" not in colors and COLORS["majority"] in colors
    assert "currentColor" in svg and "--pst-color-background" in svg


def test_ids_are_used_once_and_resolve():
    one, other = sines().svg(), sines(shift=1.0).svg()
    ids = [re.findall(r' id="([^"]+)"', svg) for svg in (one, other)]
    assert ids[0] and not set(ids[0]) & set(ids[1])
    for svg, own in zip((one, other), ids):
        assert len(own) == len(set(own))
        assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg)) and all(
            (a or b) in own for a, b in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg)
        )


def test_the_same_drawing_gives_the_same_bytes():
    assert sines().svg() == sines().svg()
    assert sines().png() == sines().png()
    assert printed([("once", sines())]) == printed([("once", sines())])


def test_rounded_coordinates_stay_on_the_curve():
    fig, ax = canvas()
    fig.set_layout_engine("none")
    x = np.linspace(0, 10, 50)
    ax.plot(x, np.sin(x), color="#123456")
    line = next(line for line in Figure(fig, alt="A sine.").svg().splitlines() if "#123456" in line)
    drawn = np.array(re.findall(r"[ML] ([\d.]+) ([\d.]+)", line), dtype=float)
    expected = ax.transData.transform(np.c_[x, np.sin(x)]) * 72 / fig.dpi
    expected[:, 1] = fig.get_figheight() * 72 - expected[:, 1]
    distance = np.min(np.linalg.norm(drawn[:, None] - expected, axis=-1), axis=1)
    assert drawn.shape[0] > 20 and distance.max() < 0.02


def test_numbers_in_words_keep_their_digits():
    """Coordinates are rounded to save weight; a label is not: 0.00123 would read 0."""
    fig, ax = canvas()
    ax.plot([0, 1], [0.0012, 0.0034])
    ax.set_yticks([0.0012, 0.0034])
    ax.text(0.5, 0.002, "0.00123 to −0.0456")
    drawn = Figure(fig, alt="Small numbers.").svg()
    words = "".join(ElementTree.fromstring(drawn).itertext())
    assert all(number in words for number in ("0.00123", "0.0456", "0.0012", "0.0034"))
    assert not re.search(r'="[^"]*\d\.\d{5,}', re.sub(r"(scale|matrix)\([^)]*\)", "", drawn))


def test_letters_are_text_in_the_readers_own_font():
    svg = sines().svg()
    assert re.search(r"<text [^>]*>position \(nm\)</text>", svg)
    assert "font-family" not in svg


def test_the_message_stands_below_the_picture_too():
    html = sines().html()
    assert '<figcaption class="torque-caption">Two waves, &lt;sine&gt; &amp; "cosine"' in html
    assert html.startswith("<figure ") and html.endswith("</figcaption></figure>")


def test_figures_of_a_chapter_are_numbered_as_they_stand(html):
    captions = {path.name: re.findall(r'<figcaption class="torque-caption">(<b>Figure (\d+)\.(\d+)\.</b>)?',
                                      path.read_text(encoding="utf-8")) for path in (html / "book").glob("[0-9]*.html")}
    assert len(captions) >= 10
    for name, found in captions.items():
        assert len(found) >= 3
        assert [(int(c), int(n)) for _, c, n in found] == [(int(name[:2]), n + 1) for n in range(len(found))], name


def test_a_mesh_becomes_a_small_image_inside_the_svg():
    fig, ax = canvas()
    ax.pcolormesh(np.random.default_rng(1).random((120, 120)))
    html = Figure(fig, alt="Noise.").html()
    assert "<svg" in html and 'href="data:image/png' in html and len(html) < 150_000


def test_negative_numbers_in_the_sentence_have_a_minus_sign():
    words = f"From {-0.5:.1f} to {2:+d}, at ({0:d}, {-14:d}), {-0.004:.2f}, {-0.1:.0f}. in 2-fold units of "
    words += f"{1e-3:.0e}, Eqs. (2)-(4)."
    shown = "From −0.5 to +2, at (0, −14), 0.00, 0. in 2-fold units of 1e-03, Eqs. (2)-(4)."
    figure = Figure(canvas()[0], alt=words)
    assert repr(figure) == f"Figure: {shown}"
    assert figure.html().count(shown) == 1, "the aria-label; the caption has it typeset"


def test_a_caption_is_typeset():
    """Powers of ten, indices, apostrophes; a quantity is not broken."""
    figure = Figure(canvas()[0], alt="The film's A_x falls by 4e-04 to β_int = 0.41 µV at 3.0e+02 fs, αk_F/J < 1.")
    assert ("The film’s A<sub>x</sub> falls by 4~·~10⁻⁴ to β<sub>int</sub>~=~0.41~µV at 3.0~·~10²~fs, "
            "αk<sub>F</sub>/J~&lt;~1.").replace("~", "\u00a0") in figure.html()


@pytest.mark.parametrize("label, runs", [
    (r"in the plane, $\sigma\cdot e_\theta$", ["in\u00a0the\u00a0plane,\u00a0", "σ", "⋅", "e", "θ"]),
    (r"$10^{-3}$ of it", ["10", "−3", "\u00a0of\u00a0it"]),
])
def test_letters_of_a_formula_follow_each_other(label, runs):
    """As the page's font spaces them; the label is centred where matplotlib holds it."""
    fig, ax = canvas()
    ax.set(ylabel=label)
    svg = Figure(fig, alt="A label.").svg()
    words, = re.findall(r"<text[^>]*>(<tspan.*?)</text>", svg)
    assert [word.replace(" ", "\u00a0") for word in re.findall(r">([^<]+)<", words)] == runs
    assert " x=" not in words and 'text-anchor: middle' in svg[:svg.index(words)].rpartition("<text")[2]


def test_a_fraction_keeps_its_places():
    fig, ax = canvas()
    ax.set(ylabel=r"$\frac{a}{b}$")
    assert Figure(fig, alt="A fraction.").svg().count("<tspan x=") == 2


def test_lines_of_a_label_are_centred():
    fig, ax = canvas()
    ax.text(0.5, 0.5, "a\nmuch longer", ha="center")
    lines = re.findall(r'<text style="[^"]*text-anchor: middle" x="([^"]+)" transform="translate\((\S+) ',
                       Figure(fig, alt="Two lines.").svg())
    places = [float(x) + float(start) for x, start in lines]
    assert len(places) == 2 and abs(places[0] - places[1]) < 0.1


def test_a_heavy_drawing_becomes_png_with_its_alt():
    fig, ax = canvas()
    for seed in range(60):
        ax.plot(np.random.default_rng(seed).random(300))
    html = Figure(fig, alt='Noise, "sixty" lines.').html()
    assert "<svg" not in html and 'alt="Noise, &quot;sixty&quot; lines."' in html


@pytest.mark.parametrize(
    "medium, kinds",
    [
        (None, {"text/plain", "text/html"}),
        ("page", {"text/plain", "text/html", "application/pdf"}),
        ("text", {"text/plain"}),
    ],
)
def test_what_each_medium_gets(monkeypatch, medium, kinds):
    if medium is None:
        monkeypatch.delenv("TORQUELIB_MEDIUM", raising=False)
    else:
        monkeypatch.setenv("TORQUELIB_MEDIUM", medium)
    bundle = sines(alt="Two\n waves.")._repr_mimebundle_()
    assert set(bundle) == kinds
    assert bundle["text/plain"] == "Figure: Two waves."


def test_the_tests_medium_still_draws(monkeypatch):
    monkeypatch.setenv("TORQUELIB_MEDIUM", "text")
    fig, ax = canvas()
    ax.set_title(r"$\nosuchcommand$")
    with pytest.raises(ValueError, match="nosuchcommand"):
        Figure(fig, alt="A broken title.")._repr_mimebundle_()


def test_unknown_medium(monkeypatch):
    monkeypatch.setenv("TORQUELIB_MEDIUM", "radio")
    with pytest.raises(ValueError, match="TORQUELIB_MEDIUM must be one of 'live', 'page', 'text'; got 'radio'"):
        sines()._repr_mimebundle_()


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"width": "huge"}, "width must be one of 'narrow', 'wide'; got 'huge'"),
        ({"height": -1}, r"height must lie in \(0, inf\) inches; got -1"),
        ({"rows": 0}, "rows must be at least 1; got 0"),
    ],
)
def test_wrong_canvas(wrong, message):
    with pytest.raises(ValueError, match=message):
        canvas(**wrong)


def test_wrong_figure():
    with pytest.raises(TypeError, match="fig must be a matplotlib Figure.*got str"):
        Figure("picture", alt="A picture.")
    with pytest.raises(ValueError, match="alt must say what the figure shows; got ' '"):
        Figure(canvas()[0], alt=" ")
    with pytest.raises(TypeError, match="alt must be a sentence; got None"):
        Figure(canvas()[0], alt=None)


def test_drawing_leaves_matplotlib_as_it_was_and_needs_no_pyplot():
    code = """
import matplotlib, sys
before = matplotlib.rcParams.copy()
from torquelib.drawing.figure import Figure, canvas
Figure(canvas()[0], alt="Empty.").svg()
assert matplotlib.rcParams.copy() == before
assert "matplotlib.pyplot" not in sys.modules
"""
    warnings = ["-W", "error", "-W", "ignore::DeprecationWarning"]  # an old matplotlib calls pyparsing by old names
    subprocess.run([sys.executable, *warnings, "-c", code], check=True)


def test_two_machines_draw_the_same_bytes():
    """Neither last digits of a sum nor names that matplotlib makes up reach the page."""
    def drawn(error):
        fig, ax = canvas()
        line, = ax.plot(np.array([0.0, 1.0, 2.0]) * (1 + error), [0, 1, 0], "o-")
        line.set_clip_path(Circle((1, 0.5 * (1 + error)), 0.6, transform=ax.transData))
        return Figure(fig, alt="A line.").svg()
    assert "clip-path" in drawn(0) and drawn(0) == drawn(1e-9)
