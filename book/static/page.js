// A copied formula is its TeX.
document.addEventListener("copy", event => {
  const selection = getSelection();
  if (selection.isCollapsed) return;
  const copied = document.createElement("div");
  for (let i = 0; i < selection.rangeCount; i++) copied.append(selection.getRangeAt(i).cloneContents());
  const formulas = copied.querySelectorAll(".math[data-tex]");
  if (!formulas.length) return;
  for (const formula of formulas) {
    const mark = formula.tagName === "DIV" ? "$$" : "$";
    formula.replaceWith(mark + formula.dataset.tex + mark);
  }
  copied.style.cssText = "position: absolute; left: -9999px";
  document.body.append(copied);
  event.clipboardData.setData("text/plain", copied.innerText.replaceAll("\u2060", ""));
  copied.remove();
  event.preventDefault();
});

// Paper is light, figures included; what the reader chose comes back after printing.
let chosen;
addEventListener("beforeprint", () => {
  chosen = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
});
addEventListener("afterprint", () => { document.documentElement.dataset.theme = chosen; });

// A link into a closed box opens it. (Chromium does so by itself, also for a word sought on the page.)
function open_target() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const closed = [];
  for (let box = target && target.closest("details"); box; box = box.parentElement.closest("details"))
    if (!box.open) closed.push(box);
  for (const box of closed) box.open = true;
  if (closed.length) target.scrollIntoView();
}
addEventListener("hashchange", open_target);
open_target();

// The bar's buttons.
const actions = {
  fullscreen: () => toggleFullScreen(),
  print: () => print(),
  boxes: button => {
    const boxes = [...document.querySelectorAll("article details")], open = boxes.some(box => !box.open);
    for (const box of boxes) box.open = open;
    name_boxes_button(button, open);
  },
};
function name_boxes_button(button, open) {
  button.title = button.ariaLabel = open ? "Close all boxes" : "Open all boxes";
  button.firstElementChild.textContent = open ? "⊟" : "⊞";
}
document.addEventListener("click", event => {
  const button = event.target.closest("[data-action]");
  if (button) actions[button.dataset.action](button);
});
if (document.querySelector("article details")) {
  const button = document.createElement("button"), sign = document.createElement("span");
  button.className = "btn btn-sm pst-navbar-icon boxes-button";
  button.dataset.action = "boxes";
  sign.ariaHidden = "true";
  button.append(sign);
  name_boxes_button(button, false);
  const bar = document.querySelector(".article-header-buttons");
  if (bar) bar.prepend(button);
}

// What the reader writes and has read stays on this machine. Where nothing can be kept, nothing is shown.
function kept(name, value) {
  try {
    if (value !== undefined) localStorage.setItem(name, value);
    return localStorage.getItem(name) || "";
  } catch { return ""; }
}
const page = location.pathname.split("/").pop();

// The question at the start takes an answer, which stands again where the book gives its own.
const question = [...document.querySelectorAll("article .admonition")]
  .find(box => box.firstElementChild.textContent.startsWith("Commit before"));
if (question) {
  const label = document.createElement("label"), box = document.createElement("textarea");
  label.className = "own-answer";
  label.append("Your answer, kept on this machine only", box);
  box.rows = 2;
  box.value = kept("answer " + page);
  question.append(label);
  const place = [...document.querySelectorAll("article strong, article .admonition-title")]
    .find(words => /^The answer to the (first )?question/.test(words.textContent));
  const again = document.createElement("p");
  again.className = "own-answer";
  if (place) place.closest("p:not(.admonition-title), .admonition").before(again);
  const show = () => {
    again.textContent = box.value.trim() && "You wrote: " + box.value.trim();
    again.hidden = !again.textContent;
  };
  box.addEventListener("input", () => { kept("answer " + page, box.value); show(); });
  show();
}

// A chapter counts as read when its last section comes into view; the sidebar ticks it off.
const read = new Set(kept("read").split(" ").filter(Boolean)), end = document.getElementById("take-along");
function tick_off() {
  for (const link of document.querySelectorAll(".bd-sidenav a")) {
    const name = link.pathname.split("/").pop();
    if (!read.has(name) || link.querySelector(".read")) continue;
    const mark = document.createElement("span");
    mark.className = "read";
    mark.title = mark.ariaLabel = "read";
    mark.role = "img";
    mark.textContent = "✓";
    link.append(mark);
  }
}
if (end) {
  new IntersectionObserver(entries => {
    if (!entries.some(entry => entry.isIntersecting)) return;
    kept("read", [...read.add(page)].join(" "));
    tick_off();
  }).observe(end);
}
tick_off();
