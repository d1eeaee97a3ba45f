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
