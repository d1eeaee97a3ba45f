"""Simulations in the page: the browser's equation of motion against the library's, and their life in a real browser."""

import numpy as np
import pytest

from torquelib import llg
from torquelib.bands import FreeElectron
from torquelib.disorder.sea import ElectronSea
from torquelib.drawing.figure import Figure, beside, canvas
from torquelib.drawing.live import live
from torquelib.llg import Simulation, SpinCurrent, WallChain, wall, wall_position, wall_tilt
from torquelib.spirals import drifting_spin, drifting_spin_shifted
from torquelib.spirals.evolution import SwitchedField, evolve, precess
from torquelib.textures import DriftingSpiral, Skyrmion
from torquelib.units import hbar, m_e

SEA = {"p": 0.01, "J": 0.5, "E_F": 1.0, "tau": 6.0, "number": 1000}


def frame():
    fig, ax = canvas(height=2)
    ax.plot([0, 1])
    return Figure(fig, alt="A frame.")


@pytest.fixture(scope="module")
def sea():
    return live(ElectronSea(**SEA), frames={"one": frame(), "two": frame()}, alt="Choose what a collision keeps.")


@pytest.fixture(scope="module")
def driven():
    return live(WallChain(K_hard=2.6e4, alpha=0.1, cell=2e-9), frames={"one": frame()}, alt="Drive a wall.")


@pytest.fixture(scope="module")
def flight():
    return live(DriftingSpiral(2 * np.pi / 10), frames={"one": frame()}, alt="A spin flies.")


@pytest.fixture(scope="module")
def skyrmion():
    return live(llg.SkyrmionModel(1.3e-11, 1.3e5, 1.3e-3), frames={"one": frame()}, alt="Drive a skyrmion.")


@pytest.fixture(scope="module")
def screw():
    return live(DriftingSpiral(0.5), kind="spiral", frames={"one": frame()}, alt="Turn a spiral.")


# --------------------------------------------------------- the same equation


@pytest.mark.parametrize("keeps", [None, "spin", "state"])
def test_a_thousand_steps_of_the_sea_are_the_librarys(sea, browser, keeps):
    page = browser.new_page()
    found = page.evaluate(
        f"""([settings, keeps]) => {{ {beside("live_sea.js")}
        const sea = electronSea(settings);
        for (let n = 0; n < 1000; n++) sea.step(0.1, 0.05, keeps);
        return [sea.kx, sea.ky, sea.sx, sea.sy, sea.sz, sea.mean].map(part => Array.from(part)); }}""",
        [sea.settings, keeps])
    page.context.close()
    ours = ElectronSea(**SEA)
    for _ in range(1000):
        ours.step(0.1, E=0.05, keeps=keeps)
    assert np.abs(np.transpose(found[:2]) - ours.k).max() < 1e-9
    assert np.abs(np.transpose(found[2:5]) - ours.spin).max() < 1e-9
    assert np.abs(found[5] - ours.mean_spin()).max() < 1e-9 * abs(ours.intrinsic(E=0.05))


@pytest.mark.parametrize("keeps", ["spin", "state"])
def test_the_marks_stand_where_the_library_says(sea, browser, keeps):
    page = browser.new_page()
    found = page.evaluate(f"([settings, keeps]) => {{ {beside('live_sea.js')} return electronSea(settings)"
                          ".expected(0.05, keeps); }", [sea.settings, keeps])
    page.context.close()
    assert found == pytest.approx(ElectronSea(**SEA).expected(E=0.05, keeps=keeps), rel=1e-12)


@pytest.mark.parametrize("u, beta, alpha", [(15.0, 0.2, 0.1), (-60.0, 0.3, 0.1), (50.0, 0.0, 0.3)])
def test_a_thousand_steps_of_the_wall_are_the_librarys(driven, browser, u, beta, alpha):
    page = browser.new_page()
    m, *numbers, laws = page.evaluate(
        f"""([settings, u, beta, alpha]) => {{ {beside("live_wall.js")}
        const chain = wallChain(settings);
        Object.assign(chain, {{u, beta, alpha}});
        for (let n = 0; n < 1000; n++) chain.step(2.5e-13);
        return [Array.from(chain.m), chain.position(), chain.tilt(), chain.model()]; }}""",
        [driven.settings, u, beta, alpha])
    page.context.close()
    chain = WallChain(K_hard=2.6e4, alpha=alpha, cell=2e-9)
    problem = chain.problem(driven.settings["cells"] * chain.cell, [SpinCurrent.from_drift_velocity(u, chain.Ms, beta)])
    ours = Simulation(problem, wall(problem))
    ours.run(1000 * 2.5e-13, dt=2.5e-13)
    assert np.abs(np.reshape(m, (-1, 3)) - ours.m).max() < 1e-9
    assert numbers == pytest.approx([wall_position(ours), wall_tilt(ours)], rel=1e-9)
    model = chain.model(beta)
    expected = {"steady": model.steady_velocity(u), "breakdown": model.walker_drift(), "mean": model.mean_velocity(u)}
    assert laws == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("u, beta, D", [(60.0, 0.3, 1.3e-3), (-150.0, 0.0, -1.2e-3)])
def test_a_thousand_steps_of_the_skyrmion_are_the_librarys(browser, u, beta, D):
    model = llg.SkyrmionModel(1.3e-11, 1.3e5, D)
    settings = live(model, frames={"one": frame()}, alt="Drive a skyrmion.").settings
    page = browser.new_page()
    m, velocity, place = page.evaluate(f"""([settings, u, beta]) => {{ {beside("live_skyrmion.js")}
        const film = skyrmionFilm(settings);
        Object.assign(film, {{u, beta}});
        for (let n = 0; n < 1000; n++) film.step(2e-13);
        return [film.m.map(part => Array.from(part)), film.thiele(), film.position()]; }}""", [settings, u, beta])
    page.context.close()
    cells, cell, Ms, alpha = (settings[name] for name in ("cells", "cell", "Ms", "alpha"))
    problem = llg.Problem(llg.Mesh((cells, cells), (cell, cell, 1e-9), periodic=True), llg.Material(Ms, alpha),
                          [llg.Exchange(model.A), llg.UniaxialAnisotropy(model.K, "z"), llg.InterfacialDMI(D)],
                          [SpinCurrent.from_drift_velocity(u, Ms, beta)])
    radius, width = (1e9 * length for length in model.rest())
    whirl = Skyrmion(radius, width, helicity=0 if D > 0 else np.pi)
    ours = Simulation(problem, lambda x, y: whirl.m(1e9 * x, 1e9 * y), threads=1)
    ours.run(1000 * 2e-13, dt=2e-13)
    assert np.abs(np.moveaxis(np.reshape(m, (3, cells, cells)), 0, -1) - ours.m).max() < 1e-9
    expected = llg.thiele_velocity(u, charge=llg.topological_charge(ours), dissipation=llg.dissipation_tensor(ours),
                                   alpha=alpha, beta=beta)
    assert velocity == pytest.approx(expected, rel=1e-9)
    assert place == pytest.approx(llg.skyrmion_position(ours), abs=0.2 * cell)   # another mean: of m_z, not of charge


@pytest.mark.parametrize("v, J", [(0.6, 0.5), (-1.0, 0.3)])
def test_a_thousand_steps_of_a_flight_are_the_librarys(flight, browser, v, J):
    page = browser.new_page()
    found = page.evaluate(f"""([settings, v, J]) => {{ {beside("live_flight.js")}
        const flight = flyingSpin(settings);
        Object.assign(flight, {{v, J}});
        for (let n = 0; n < 1000; n++) flight.step(0.02);
        return flight.lab(); }}""", [flight.settings, v, J])
    page.context.close()
    spiral = DriftingSpiral(2 * np.pi / 10)
    spin = precess(lambda t: J * spiral.m(v * t), np.linspace(0, 20, 1001), [0, 0, 1.0], largest_angle=0.005)
    assert np.abs(spin[-1] - found).max() < 1e-9


@pytest.mark.parametrize("k, drift, E", [(4.0, 0.0, 0.1), (-7.0, 0.4, -0.05)])
def test_a_thousand_steps_of_the_drifting_spiral_are_the_librarys(screw, browser, k, drift, E):
    page = browser.new_page()
    x = np.linspace(-9, 9, 7)
    shift, spins, m = page.evaluate(f"""([settings, x, k, drift, E]) => {{ {beside("live_spiral.js")}
        const spiral = spiralSpins(settings);
        spiral.omega = -settings.p * drift;
        for (let n = 0; n < 1000; n++) spiral.step(0.05);
        return [spiral.shift(k, E), x.map(at => spiral.spin(at, k, spiral.shift(k, E))), x.map(spiral.m)]; }}""",
        [screw.settings, x.tolist(), k, drift, E])
    page.context.close()
    band, p, J, omega = FreeElectron(dimension=1), screw.settings["p"], screw.settings["J"], -0.5 * drift
    lean = np.arctan2(hbar**2*k*p/(2*m_e) + hbar*omega/2, J)
    ours = drifting_spin_shifted(band, [k], p, x, 50.0, s=1, J=J, omega=omega, E=E * np.cos(lean)**2)
    assert np.abs(ours - spins).max() < 1e-9
    assert np.abs(DriftingSpiral(p, omega).m(x, t=50.0) - m).max() < 1e-9
    exact = [drifting_spin(band, [k], p, x, 50.0, s=1, J=J, omega=omega, E=field, order="exact") for field in (0, E)]
    assert np.linalg.norm(exact[1] - exact[0], axis=1) == pytest.approx(abs(p * shift) * np.cos(lean), rel=1e-9)


@pytest.mark.parametrize("ramp", [0, 24])
def test_a_thousand_steps_of_a_switch_are_the_librarys(browser, ramp):
    spiral = DriftingSpiral(0.05)
    settings = live(spiral, kind="ramp", frames={"one": frame()}, alt="Switch a field.").settings
    page = browser.new_page()
    spin, k, deviation, left = page.evaluate(f"""([settings, ramp]) => {{ {beside("live_ramp.js")}
        const ramped = rampedSpin(settings);
        ramped.to(settings.E, ramp);
        for (let n = 0; n < 1000; n++) ramped.step(0.05);
        return [ramped.spin, ramped.k, ramped.deviation(), ramped.left(ramp)]; }}""", [settings, ramp])
    page.context.close()
    times = np.linspace(0, 50, 1001)
    ours = evolve(FreeElectron(dimension=1), spiral, SwitchedField(settings["E"], ramp), [settings["k"]], times, s=-1,
                  J=settings["J"])
    eq3 = -hbar**2 * settings["E"] * 0.05 / (4 * m_e * settings["J"]**2)
    assert np.abs(ours.spin[-1] - spin).max() < 1e-9 and abs(ours.k[-1, 0] - k) < 1e-9
    assert deviation == pytest.approx(ours.deviation[-1, :2] / eq3, abs=1e-4)
    late = ours.deviation[times > 40, 0] / eq3
    assert np.ptp(late) / 2 == pytest.approx(left, abs=0.01)


def test_the_window_that_follows_the_wall_changes_nothing(driven, browser):
    page = browser.new_page()
    apart = page.evaluate(
        f"""settings => {{ {beside("live_wall.js")}
        const [still, moving] = [wallChain(settings), wallChain(settings)];
        for (const chain of [still, moving]) Object.assign(chain, {{u: 60, beta: 0.1, alpha: 0.1}});
        for (let n = 0; n < 6000; n++) {{
          still.step(2.5e-13);
          moving.step(2.5e-13);
          if (n % 40 === 0) moving.follow();
        }}
        return [still.position(), moving.position(), still.tilt() - moving.tilt(), moving.shift]; }}""",
        driven.settings)
    page.context.close()
    assert apart[3] > 20 and apart[1] == pytest.approx(apart[0], rel=1e-6) and abs(apart[2]) < 1e-6


# ------------------------------------------------------------- in the browser


def pixels(page, n):
    return page.locator("canvas").nth(n).evaluate("canvas => canvas.toDataURL()")


def test_it_runs_in_view_and_rests_out_of_view(sea, open_page):
    page = open_page(sea.html(), "<div style='height:3000px'></div>")
    before = pixels(page, 0)
    page.wait_for_function("before => document.querySelector('canvas').toDataURL() !== before", arg=before)
    page.evaluate("scrollTo(0, 2500)")
    page.wait_for_timeout(300)
    resting = pixels(page, 0)
    page.wait_for_timeout(300)
    assert pixels(page, 0) == resting
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_function("before => document.querySelector('canvas').toDataURL() !== before", arg=resting)


def test_pressed_thrice_between_two_frames_it_keeps_its_pace(driven, open_page):
    page = open_page(driven.html())
    page.evaluate("""() => {
      const ask = requestAnimationFrame;
      window.frames_of_it = [];
      window.requestAnimationFrame = f => ask(now => { if (f.name === "frame") frames_of_it.push(now); f(now); });
    }""")
    button = page.locator("[data-do=run]")
    button.click()
    page.wait_for_timeout(200)
    button.evaluate("button => { for (let n = 0; n < 3; n++) button.click(); }")
    page.wait_for_function("frames_of_it.length > 20")
    assert page.evaluate("new Set(frames_of_it).size === frames_of_it.length")


def test_the_keyboard_drives_it(sea, open_page):
    page = open_page(sea.html())
    page.get_by_role("radio", name="the eigenstate").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.tl-words').textContent.includes('keep the spin')")
    page.get_by_role("slider", name="electric field").press("Home")
    page.wait_for_function("document.querySelector('.tl-words').textContent.includes('No field')")
    assert page.get_by_role("slider", name="electric field").get_attribute("aria-valuetext") == "0.00 V/nm"
    page.get_by_role("button", name="Pause").press("Enter")
    page.wait_for_timeout(100)
    still = pixels(page, 0)
    page.wait_for_timeout(300)
    assert pixels(page, 0) == still
    page.get_by_role("button", name="Start again").press("Enter")
    assert page.get_by_role("radio", name="the eigenstate").is_checked()
    assert page.locator("output").first.inner_text() == "0.05 V/nm"


def test_a_link_carries_the_state(sea, open_page):
    page = open_page(sea.html())
    page.get_by_role("radio", name="the spin").check(force=True)
    page.get_by_role("slider", name="time between collisions").fill("9")
    address = page.url + page.get_by_role("link", name="Link to this").get_attribute("href")
    assert page.evaluate("address => document.querySelector(new URL(address).hash)", address) is None  # a CSS name
    page.goto("about:blank")
    page.goto(address)
    assert page.get_by_role("radio", name="the spin").is_checked()
    assert page.locator("output").all_inner_texts() == ["0.05 V/nm", "9 fs"]


def test_nothing_moves_unasked_where_motion_is_unwelcome(sea, open_page):
    page = open_page(sea.html(), reduced_motion="reduce")
    still = pixels(page, 0)
    page.wait_for_timeout(400)
    assert pixels(page, 0) == still and page.get_by_role("button", name="Play").is_visible()


def test_the_torque_dies_or_stays_as_the_reader_chooses(open_page):
    many = live(ElectronSea(**(SEA | {"number": 10_000})), frames={"one": frame()}, alt="Choose.")
    page = open_page(many.html())
    for choice, low, high in (("the eigenstate", 0.9, 1.1), ("the spin", -0.25, 0.25)):
        page.get_by_role("radio", name=choice).check(force=True)
        page.wait_for_function("document.querySelector('.tl-words').textContent.includes('settling')", timeout=20_000)
        page.wait_for_function("document.querySelector('.tl-words').textContent.includes('measured')", timeout=60_000)
        measured = page.locator(".tl-words").inner_text().split("measured ")[1].rstrip(".").replace("−", "-")
        assert low < float(measured) < high


def test_the_wall_glides_and_turns_over_as_the_reader_chooses(driven, open_page):
    page = open_page(driven.html())
    page.wait_for_function("document.querySelector('.tl-words').textContent.includes('measured')", timeout=60_000)
    words = page.locator(".tl-words").inner_text()
    predicted, measured = (float(words.split(f"{name} ")[1].split(" m/s")[0]) for name in ("predicted", "measured"))
    assert "The wall glides" in words and measured == pytest.approx(predicted, rel=0.03)
    page.get_by_role("slider", name="drift of the electrons").fill("120")  # breakdown of chapter 10's question: 109 m/s
    page.wait_for_function("document.querySelector('.tl-words').textContent.includes('Beyond Walker breakdown')")
    page.get_by_role("slider", name="drift of the electrons").fill("30")
    page.wait_for_function("document.querySelector('.tl-words').textContent.includes('The wall glides')")
    page.get_by_role("slider", name="non-adiabaticity").fill("0.3")
    page.wait_for_function("document.querySelector('.tl-words').textContent.includes('Beyond Walker breakdown')")


def test_the_skyrmion_goes_as_thiele_predicts(skyrmion, open_page):
    page = open_page(skyrmion.html())
    page.get_by_role("slider", name="β/α").fill("3")
    page.wait_for_function("document.querySelector('.tl-words').textContent.includes('measured')", timeout=90_000)
    predicted, measured = page.locator(".tl-words").inner_text().split("Predicted ")[1].split("; measured ")
    assert "to the left of the electrons" in page.locator(".tl-words").inner_text()
    speeds, angles = ([float(words.split(unit)[0].split()[-1]) for words in (predicted, measured)]
                      for unit in (" m/s", "°"))
    assert speeds[1] == pytest.approx(speeds[0], rel=0.04) and abs(angles[1] - angles[0]) <= 2 and angles[0] > 10


def test_a_field_knocks_or_not_as_the_reader_switches(open_page):
    page = open_page(live(DriftingSpiral(0.05), kind="ramp", frames={"one": frame()}, alt="Switch a field.").html())
    page.wait_for_function("document.querySelector('.tl-words').textContent.includes('rings')", timeout=30_000)
    page.get_by_role("slider", name="a switch takes").fill("24")
    page.get_by_role("button", name="Start again").click()
    assert page.get_by_role("slider", name="a switch takes").input_value() == "0"
    page.get_by_role("radio", name="off").check(force=True)
    page.get_by_role("slider", name="a switch takes").fill("30")
    page.wait_for_function("document.querySelector('.tl-words').textContent.includes('30 fs from rest leaves 0.0')")


def test_a_spin_rings_or_leans_as_the_reader_chooses(flight, open_page):
    page = open_page(flight.html())
    page.wait_for_function("document.querySelector('.tl-words').textContent.includes('mean over')", timeout=30_000)
    words = page.locator(".tl-words").inner_text()
    predicted, measured = (float(words.split(before)[1].split("°")[0]) for before in ("2J: ", "leans by "))
    assert "It rings" in words and measured == pytest.approx(predicted, abs=0.6) and predicted > 10
    page.get_by_role("radio", name="leaning").check(force=True)
    page.wait_for_function("document.querySelector('.tl-words').textContent.includes('It leans, and follows')")


def test_a_finger_and_the_arrow_keys_turn_the_spiral(screw, open_page):
    page = open_page(screw.html(), reduced_motion="reduce")
    still = pixels(page, 0)
    page.locator("canvas").first.hover()
    page.mouse.down()
    page.mouse.move(300, 250, steps=4)
    page.mouse.up()
    turned = pixels(page, 0)
    page.locator("canvas").first.press("ArrowLeft")
    assert len({still, turned, pixels(page, 0)}) == 3
    page.get_by_role("slider", name="electric field").fill("0")
    page.wait_for_function("document.querySelector('.tl-words').textContent.includes('No field')")


def test_paper_and_a_browser_without_scripts_get_the_frames(sea, open_page):
    page = open_page(sea.html())
    page.emulate_media(media="print")
    assert page.locator(".te-strip svg").count() == 2 and page.locator(".te-strip").is_visible()
    assert not page.locator(".tl-stage").is_visible()
    page = open_page(sea.html(), java_script_enabled=False)
    assert page.locator(".te-strip").is_visible() and not page.get_by_role("slider").first.is_visible()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_it_fits_and_follows_the_theme(sea, open_page, width):
    page = open_page(sea.html(), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    bright = """canvas => { const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return data.some((value, i) => i % 4 === 0 && data[i + 3] > 200 && value > 230); }"""
    light = page.locator("canvas").nth(1).evaluate(bright)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_timeout(200)
    dark = page.locator("canvas").nth(1).evaluate(bright)
    assert (light, dark) == (False, True)


# ------------------------------------------------------------------ arguments


def test_what_each_medium_gets(sea, monkeypatch):
    monkeypatch.setenv("TORQUELIB_MEDIUM", "text")
    assert sea._repr_mimebundle_() == {"text/plain": "Live: Choose what a collision keeps."}
    monkeypatch.setenv("TORQUELIB_MEDIUM", "page")
    assert set(sea._repr_mimebundle_()) == {"text/plain", "text/html", "application/pdf"}
    monkeypatch.delenv("TORQUELIB_MEDIUM")
    assert set(sea._repr_mimebundle_()) == {"text/plain", "text/html"}


def test_wrong_simulations():
    good = ElectronSea(**SEA)
    with pytest.raises(TypeError, match="problem must be one of ElectronSea, DriftingSpiral, SkyrmionModel, "
                                        "WallChain; got 3"):
        live(3, frames={"one": frame()}, alt="A number.")
    with pytest.raises(ValueError, match="kind must be one of 'sea'; got 'wall'"):
        live(good, kind="wall", frames={"one": frame()}, alt="Not a wall.")
    for frames in ({}, [frame()], {"one": None}):
        with pytest.raises(TypeError, match="frames must map captions to Figures, at least one; got "):
            live(good, frames=frames, alt="No frames.")
    with pytest.raises(ValueError, match="alt must say what the simulation shows; got ' '"):
        live(good, frames={"one": frame()}, alt=" ")
