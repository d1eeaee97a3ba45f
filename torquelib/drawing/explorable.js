(function (script) {
  if (!script) return;
  const root = script.parentElement, packed = script.previousElementSibling;
  const frame = root.querySelector(".te-frame"), controls = root.querySelector(".te-controls");
  const status = root.querySelector(".te-status"), button = root.querySelector("button");
  const inputs = [...root.querySelectorAll("input")], outputs = [...root.querySelectorAll("output")];
  if (!window.DecompressionStream) {
    status.textContent = "This browser cannot unpack the other pictures. A browser from 2023 or later can.";
    root.classList.add("te-still");
    return;
  }
  let fetching, loading, timer, announce;
  // The frames stand in the fragment itself, or beside the page in a script, which also loads from a file.
  function fetched() {
    return fetching = fetching || new Promise((done, failed) => {
      if (!packed.dataset.src) { done(); return; }
      const beside = document.createElement("script");
      beside.onload = () => {
        packed.textContent = beside.packed;
        packed.removeAttribute("data-src");
        done();
      };
      beside.onerror = () => {
        fetching = loading = undefined;
        status.textContent = "The other pictures did not come. Move the slider to ask for them again.";
        failed(new Error(status.textContent));
      };
      beside.src = packed.dataset.src;
      document.head.append(beside);
    });
  }
  root.fetched = fetched;
  if (packed.dataset.src) new IntersectionObserver((seen, observer) => {
    if (!seen.some(place => place.isIntersecting)) return;
    observer.disconnect();
    fetched().catch(() => {});
  }, {rootMargin: "200px"}).observe(root);
  async function unpack() {
    await fetched();
    const bytes = Uint8Array.from(atob(packed.textContent), c => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  }
  async function show() {
    const data = await (loading = loading || unpack()).catch(() => {});
    if (!data) return;
    const at = inputs.map(input => +input.value);
    const index = at.reduce((sum, i, k) => sum * data.texts[k].length + i, 0);
    frame.innerHTML = data.frames[index].map(i => data.lines[i]).join("\n");
    at.forEach((i, k) => {
      outputs[k].textContent = data.texts[k][i];
      inputs[k].setAttribute("aria-valuetext", data.texts[k][i]);
    });
    clearTimeout(announce);
    if (!timer) announce = setTimeout(() => {
      status.textContent = frame.firstElementChild.getAttribute("aria-label");
    }, 500);
  }
  function stop() {
    clearInterval(timer);
    timer = 0;
    button.textContent = "Play";
  }
  let forth = 1;
  function step() {  // there and back again
    const next = +inputs[0].value + forth;
    if (next < 0 || next > +inputs[0].max) forth = -forth;
    inputs[0].value = +inputs[0].value + forth;
    show();
  }
  frame.addEventListener("pointerdown", start => {  // the picture itself is a handle of the first slider
    const at = +inputs[0].value;
    const drag = event => {
      const value = inputs[0].value;
      inputs[0].value = at + Math.round((event.clientX - start.clientX) / frame.clientWidth * inputs[0].max);
      if (inputs[0].value !== value) { stop(); show(); }
    };
    frame.setPointerCapture(start.pointerId);
    frame.addEventListener("pointermove", drag);
    frame.addEventListener("lostpointercapture", () => frame.removeEventListener("pointermove", drag), {once: true});
  });
  button.addEventListener("click", () => {
    if (timer) { stop(); show(); return; }
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    timer = setInterval(step, calm ? 1500 : Math.max(80, Math.min(500, 5000 / inputs[0].max)));
    button.textContent = "Pause";
    step();
  });
  inputs.forEach(input => input.addEventListener("input", () => { stop(); show(); }));
  stop();  // it may have been saved while it played
  controls.hidden = false;
})(document.currentScript);
