// What all simulations in the page share: controls, the loop, rest when out of view, the colours of the page.
function pointer(pen, [x0, y0], [x1, y1], head) {  // an arrow with a solid head
  const angle = Math.atan2(y1 - y0, x1 - x0);
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1 - 0.7 * head * Math.cos(angle), y1 - 0.7 * head * Math.sin(angle));
  pen.stroke();
  pen.beginPath();
  pen.moveTo(x1, y1);
  for (const side of [-0.5, 0.5]) pen.lineTo(x1 - head * Math.cos(angle + side), y1 - head * Math.sin(angle + side));
  pen.fill();
}

function number(x, digits) {  // in words, zero without a sign
  return x.toFixed(digits).replace(/^-(?=[0.]+$)/, "").replace("-", "−");
}

function label(pen, text, x, y) {  // words on a gap in the lines beneath
  pen.save();
  pen.globalCompositeOperation = "destination-out";
  pen.lineWidth = 5;
  pen.lineJoin = "round";
  pen.strokeText(text, x, y);
  pen.restore();
  pen.fillText(text, x, y);
}

function run({root: id, settings, colors}) {
  const root = document.getElementById(id);
  if (!root || root.dataset.live) return;
  root.dataset.live = "on";
  const inputs = [...root.querySelectorAll("[data-name]")], canvases = [...root.querySelectorAll("canvas")];
  const button = root.querySelector("[data-do=run]"), words = root.querySelector(".tl-words");
  for (const part of root.querySelectorAll(".tl-stage,.tl-controls")) part.hidden = false;
  const link = root.querySelector(".tl-buttons").appendChild(document.createElement("a"));
  link.textContent = "Link to this";
  const initial = inputs.map(input => input.type === "radio" ? input.checked : input.value);
  const scene = view(settings, colors);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let wanted = !calm.matches, visible = false, running = false, before = 0, announce;

  function follow() {  // a link that carries the state, #name--E_0_1--keeps_spin: the theme asks for a CSS name
    const [name, ...rest] = location.hash.slice(1).split("--");
    const asked = new Map(rest.map(pair => [pair.split("_")[0], pair.split("_").slice(1).join(".")]));
    if (name !== id || !rest.length) return false;
    for (const input of inputs) {
      const value = asked.get(input.dataset.name);
      if (value === undefined) continue;
      if (input.type === "radio") input.checked = input.value === value;
      else input.value = value;
    }
    return true;
  }

  function values() {
    const chosen = {};
    for (const input of inputs) {
      const {name, unit, digits} = input.dataset;
      if (input.type === "radio") {
        if (input.checked) chosen[name] = input.value;
        continue;
      }
      chosen[name] = +input.value;
      const text = `${number(+input.value, digits)} ${unit}`;
      input.closest(".tl-row").querySelector("output").textContent = text;
      input.setAttribute("aria-valuetext", text);
    }
    return chosen;
  }

  function paint() {
    const ratio = Math.min(window.devicePixelRatio || 1, 2), {color, fontFamily} = getComputedStyle(root);
    canvases.forEach((canvas, n) => {
      const width = canvas.clientWidth, height = canvas.clientHeight;
      if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
        canvas.width = Math.round(width * ratio);
        canvas.height = Math.round(height * ratio);
      }
      const pen = canvas.getContext("2d");
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.clearRect(0, 0, width, height);
      pen.font = `13px ${fontFamily}`;
      if (width) scene.draw[n]({pen, width, height, ratio, ink: color});
    });
  }

  function say() {
    clearTimeout(announce);
    announce = setTimeout(() => {
      const [headline, detail] = scene.words();
      words.firstElementChild.textContent = headline;
      words.lastElementChild.textContent = detail;
    }, 250);
  }

  function frame(now) {
    if (!wanted || !visible || document.hidden) { running = false; before = 0; return; }
    scene.advance(calm.matches ? 0.5 : before ? Math.min((now - before) / 1000, 0.05) : 0.016);
    before = now;
    paint();
    if (scene.changed()) say();
    if (calm.matches) setTimeout(() => requestAnimationFrame(frame), 1000);  // jumps, no motion
    else requestAnimationFrame(frame);
  }

  function go() {
    button.textContent = wanted ? "Pause" : "Play";
    if (!wanted || !visible || running) return;
    running = true;  // one loop, also where a button is pressed twice between two frames
    requestAnimationFrame(frame);
  }

  function choose() {
    const chosen = values();
    link.href = "#" + [id, ...Object.entries(chosen).map(pair => pair.join("_").replace(".", "_"))].join("--");
    scene.set(chosen);
    say();
  }

  function set() {
    choose();
    paint();
  }

  root.addEventListener("input", set);
  for (const canvas of scene.drag ? canvases : []) {
    const turn = (right, down) => { scene.drag(right, down); paint(); };
    const keys = {ArrowLeft: [-20, 0], ArrowRight: [20, 0], ArrowUp: [0, -20], ArrowDown: [0, 20]};
    canvas.tabIndex = 0;
    canvas.addEventListener("pointerdown", event => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener("pointermove", event => { if (event.buttons) turn(event.movementX, event.movementY); });
    canvas.addEventListener("keydown", event => {
      if (!(event.key in keys)) return;
      event.preventDefault();
      turn(...keys[event.key]);
    });
  }
  button.addEventListener("click", () => { wanted = !wanted; go(); if (!wanted) say(); });
  root.querySelector("[data-do=reset]").addEventListener("click", () => {
    inputs.forEach((input, n) => { input[input.type === "radio" ? "checked" : "value"] = initial[n]; });
    scene.reset();
    set();
  });
  new IntersectionObserver(entries => { visible = entries[entries.length - 1].isIntersecting; go(); }).observe(root);
  document.addEventListener("visibilitychange", go);
  new ResizeObserver(paint).observe(root);
  new MutationObserver(paint).observe(document.documentElement, {attributeFilter: ["data-theme"]});
  addEventListener("hashchange", () => { if (follow()) set(); });
  const asked = follow();
  choose();  // painted by the observer of its size, once it has one: no layout is forced while the page loads
  if (asked) root.scrollIntoView();
}
