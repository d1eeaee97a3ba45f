// Slides: what reveal.js does not know by itself.
// Arrows and a clicker turn slides; a slider that has the focus keeps its keys. Simulations draw for an enlarged place.
if (devicePixelRatio < 2) Object.defineProperty(window, "devicePixelRatio", {get: () => 2});

const speaker = new URLSearchParams(location.search).has("speaker");
let other = speaker ? window.opener : null;  // the audience's window or the speaker's

document.addEventListener("keydown", event => {
  const control = event.target.closest("input, button");
  if (!control) return;
  if (event.key === "Escape") { control.blur(); event.stopPropagation(); }
  else if (event.key === "PageDown" || event.key === "PageUp") control.blur();  // a clicker's keys
  else if (control.tagName === "BUTTON" && (event.key === " " || event.key === "Enter")) event.stopPropagation();
}, true);
document.addEventListener("pointerup", event => {  // after the mouse the keys are the slides' again
  const control = event.target.closest("input, button, label");
  if (control) setTimeout(() => document.activeElement.blur());
});

function tell() {
  if (other && !other.closed) other.postMessage({slide: Reveal.getIndices().h}, "*");
}
addEventListener("message", event => {
  if (event.source === other && Number.isInteger(event.data.slide) && event.data.slide !== Reveal.getIndices().h)
    Reveal.slide(event.data.slide);
});

function open_speaker() {
  other = window.open(`${location.pathname}?speaker${location.hash}`, "speaker", "width=1280,height=720");
}

function desk() {
  document.body.classList.add("speaker");
  const desk = document.body.appendChild(document.createElement("div")), start = Date.now();
  desk.className = "desk";
  desk.innerHTML = '<div class="clock"><span></span><span></span></div><div class="said"></div>';
  const preview = document.body.appendChild(document.createElement("div"));
  preview.className = "preview";
  preview.innerHTML = '<p></p><div class="reveal"><div class="slides"></div></div>';
  const place = preview.querySelector(".slides"), scale = () => {
    place.style.transform = `scale(${preview.querySelector(".reveal").clientWidth / 1280})`;
  };
  addEventListener("resize", scale);
  const [passed, clock] = desk.querySelectorAll("span");
  setInterval(() => {
    const seconds = Math.floor((Date.now() - start) / 1000);
    passed.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    clock.textContent = new Date().toLocaleTimeString([], {hour: "2-digit", minute: "2-digit"});
  }, 500);
  return () => {
    const next = Reveal.getSlides()[Reveal.getIndices().h + 1];
    desk.querySelector(".said").innerHTML = Reveal.getCurrentSlide().querySelector(".notes").innerHTML;
    preview.querySelector("p").textContent = next ? "Next" : "The last slide.";
    place.replaceChildren();
    if (next) {  // a picture of it: nothing in it moves or takes a key
      const copy = place.appendChild(next.cloneNode(true));
      copy.classList.remove("future", "past", "present");
      for (const name of ["hidden", "aria-hidden", "style"]) copy.removeAttribute(name);
      for (const part of copy.querySelectorAll("[id]")) part.removeAttribute("id");
      copy.inert = true;
      fit([copy]);
    }
    scale();
  };
}

// A formula wider than its place is set smaller; a slide that is not shown has no widths.
function fit_formulas(slides) {
  for (const formula of slides.flatMap(slide => [...slide.querySelectorAll(".words mjx-container[display=true]")])) {
    const place = formula.parentElement.clientWidth, size = parseFloat(getComputedStyle(formula).fontSize);
    if (place && formula.offsetWidth > place)
      formula.style.setProperty("font-size", `${Math.floor(size * place / formula.offsetWidth)}px`, "important");
  }
}

function fit(slides) {
  fit_formulas(slides);
  for (const slide of slides)
    for (const drawing of slide.querySelectorAll(".shown :not(.te-strip *) > svg[role=img]")) fit_letters(drawing);
}

// All slides, O: five in a row. reveal.js lays out one row that leaves the window.
function lay_out_all() {
  Reveal.getSlides().forEach((slide, i) => {
    slide.style.transform = `translate(${i % 5 * 1330}px, ${Math.floor(i / 5) * 930}px)`;
  });
  document.body.style.setProperty("--all", Math.min(innerWidth / 1280, innerHeight / 720) / 5.3);
}

const show_notes = speaker ? desk() : () => {};
Reveal.initialize({
  width: 1280, height: 720, margin: 0, minScale: 0.1, maxScale: 5, center: false, display: "grid", hash: true,
  controls: false, slideNumber: "c/t", transition: "none", backgroundTransition: "none", embedded: speaker,
  keyboardCondition: null, pdfMaxPagesPerSlide: 1, scrollActivationWidth: null,
}).then(() => {
  Reveal.addKeyBinding({keyCode: 83, key: "S", description: "Speaker's window"}, open_speaker);
  Reveal.registerKeyboardShortcut("Tab, Escape", "To a slider, and back to the slides");
  Reveal.on("slidechanged", event => { tell(); show_notes(); fit([event.currentSlide]); });
  Reveal.on("overviewshown", lay_out_all);
  Reveal.on("pdf-ready", () => fit(Reveal.getSlides()));
  show_notes();
  document.fonts.ready.then(() => fit(Reveal.getSlides()));
});
