// Figures to take away: a figure as a drawing or a picture, for light and for dark slides, with its caption and its
// licence; an explorable or a simulation as one file that works by itself. All of it is made here, when asked for.
(() => {
  const licence = "from the book “Intrinsic spin torque”, CC BY 4.0";
  const modes = {light: ["#000000", "#ffffff"], dark: ["#e8e8e8", "#121212"]};
  const space = "http://www.w3.org/2000/svg";

  function words(figure) {
    const caption = figure.querySelector("figcaption.torque-caption").cloneNode(true);
    for (const extra of caption.querySelectorAll(".take-away, .take-menu")) extra.remove();
    return caption.textContent.trim();
  }

  // The drawing that is shown now, by itself: the page's ink and paper written out, a line for the licence below.
  function drawing(figure, mode) {
    const [ink, paper] = modes[mode], shown = figure.querySelector(".te-frame svg, svg, img");
    const svg = document.createElementNS(space, "svg");
    let width, height, body;
    if (shown.tagName === "IMG") {
      [width, height] = [shown.naturalWidth / 2, shown.naturalHeight / 2];
      body = `<image href="${shown.src}" width="${width}" height="${height}"/>`;
    } else {
      [, , width, height] = shown.getAttribute("viewBox").split(" ").map(Number);
      body = shown.innerHTML.replaceAll("currentColor", ink)
        .replaceAll("var(--pst-color-background,var(--jp-layout-color0,#fff))", paper);
    }
    const line = 14, sign = `${words(figure).match(/^(Figure|[\w ]+, figure) [\d.]*\d|/)[0]} ${licence}`.trim();
    svg.innerHTML = `<title></title><desc></desc><rect width="${width}" height="${height + line}" fill="${paper}"/>` +
      `<g stroke-linejoin="round">${body}</g>` +
      `<text x="4" y="${height + line - 4}" font-size="7" fill="${ink}" opacity="0.75">${sign}</text>`;
    svg.querySelector("title").textContent = words(figure);
    svg.querySelector("desc").textContent = `Licence: ${licence}`;
    for (const [name, value] of Object.entries({
      xmlns: space, viewBox: `0 0 ${width} ${height + line}`, width: `${width}pt`, height: `${height + line}pt`,
      fill: ink, color: ink, "font-family": "Arial, Helvetica, 'Liberation Sans', sans-serif"}))
      svg.setAttribute(name, value);
    return new XMLSerializer().serializeToString(svg);
  }

  async function picture(figure, mode) {
    const image = new Image();
    image.src = "data:image/svg+xml," + encodeURIComponent(drawing(figure, mode));
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [3 * image.width, 3 * image.height];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise(done => canvas.toBlob(done, "image/png"));
  }

  // The file opens in the state that is shown now.
  async function file(figure) {
    if (figure.fetched) await figure.fetched();
    const copy = figure.cloneNode(true), inputs = figure.querySelectorAll("input");
    for (const root of copy.querySelectorAll("[data-live]")) root.removeAttribute("data-live");
    copy.querySelectorAll("input").forEach((input, n) => {
      if (input.type === "radio") input.toggleAttribute("checked", inputs[n].checked);
      else input.setAttribute("value", inputs[n].value);
    });
    for (const extra of copy.querySelectorAll(".tl-buttons a, .take-away, .take-menu")) extra.remove();
    const rules = "html{color:#111;background:#fff;font:16px/1.4 sans-serif}body{max-width:800px;margin:1em auto}";
    const page = document.implementation.createHTMLDocument(words(figure));
    page.documentElement.lang = "en";
    page.head.insertAdjacentHTML("afterbegin", `<meta charset="utf-8"><style>${rules}</style>`);
    page.body.innerHTML = `${copy.outerHTML}<p>${licence}</p>`;
    return "<!DOCTYPE html>\n" + page.documentElement.outerHTML;
  }

  function choices(figure) {
    const made = [], moving = figure.classList.contains("torque-live");
    for (const mode of moving ? [] : Object.keys(modes)) {
      made.push([`SVG, ${mode}`, `${mode}.svg`, () => new Blob([drawing(figure, mode)], {type: "image/svg+xml"})]);
      made.push([`PNG, ${mode}`, `${mode}.png`, () => picture(figure, mode)]);
    }
    if (figure.querySelector("input"))
      made.push(["HTML, for a talk", "html", async () => new Blob([await file(figure)], {type: "text/html"})]);
    return made;
  }

  async function save(figure, [, ending, make]) {
    const link = document.createElement("a"), chapter = location.pathname.split("/").pop().replace(".html", "");
    link.href = URL.createObjectURL(await make());
    link.download = `${chapter}-${figure.id}${ending === "html" ? "." : "-"}${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  document.addEventListener("click", event => {
    const button = event.target.closest(".take-away");
    if (!button) return;
    const figure = button.closest(".torque-figure"), open = figure.querySelector(".take-menu");
    button.ariaExpanded = String(!open);
    if (open) { open.remove(); return; }
    const menu = document.createElement("span");
    menu.className = "take-menu";
    for (const choice of choices(figure)) {
      const item = menu.appendChild(document.createElement("button"));
      item.type = "button";
      item.textContent = choice[0];
      item.addEventListener("click", () => save(figure, choice));
    }
    button.after(menu);
  });
})();
