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
  event.clipboardData.setData("text/plain", copied.innerText);
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

// Sections out of sight are laid out when they come near (book.css); all of them, one in each idle moment, from the reader's
// first move on, so that the scroll bar tells the truth, and at once where the browser is to find a place again.
const sections = [...document.querySelectorAll(".bd-article > section > section")], began = new AbortController();
const idle = window.requestIdleCallback || (task => setTimeout(task, 50));
const lay_out = () => sections.splice(0, 1).forEach(section => { section.style.contentVisibility = "visible"; });
function lay_out_rest() {
  began.abort();
  lay_out();
  if (sections.length) idle(lay_out_rest);
}
for (const move of ["scroll", "pointermove", "pointerdown", "keydown"])
  addEventListener(move, lay_out_rest, { passive: true, signal: began.signal });
if (location.hash || performance.getEntriesByType("navigation")[0]?.type !== "navigate") while (sections.length) lay_out();

// A link into a closed box opens it. (Chromium does so by itself, also for a word sought on the page.)
function open_target() {
  let name = location.hash.slice(1);
  try { name = decodeURIComponent(name); } catch { }  // a bare %, typed or cut
  const target = document.getElementById(name), closed = [];
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
  button.firstElementChild.className = `fa-solid fa-square-${open ? "minus" : "plus"}`;
}
document.addEventListener("click", event => {
  const button = event.target.closest("[data-action]");
  if (button) actions[button.dataset.action](button);
});
if (document.querySelector("article details")) {
  const button = document.createElement("button"), sign = document.createElement("i");
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

// The question at the start. A click chooses one of its alternatives, and the book's answer, a closed box further on, opens
// and says how they compare; a reason can be written beside. Where no script runs, the boxes open by a click of their own.
function make(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
function ask(question, list, answers) {
  let choice = list ? kept("choice " + page) : "";
  const reason = make("textarea", { rows: 2, value: kept("answer " + page) });
  const said = make("p", { className: "own-answer" }), alternatives = new Map();
  said.setAttribute("role", "status");
  const forget = make("button", { type: "button", textContent: "Forget it" });
  if (list) {
    list.setAttribute("role", "radiogroup");
    list.setAttribute("aria-label", "Alternatives");
    for (const item of list.children) {
      const letter = item.textContent.match(/\((\w)\)/)[1];
      const button = make("input", { type: "radio", name: "choice", value: letter });
      item.setAttribute("role", "none");
      item.append(make("label", {}, button, make("span", {}, ...item.childNodes)));
      alternatives.set(letter, button);
    }
    list.addEventListener("change", event => choose(event.target.value));
  }
  question.append(said, make("label", { className: "own-answer" },
    list ? "Your reason, kept on this machine only" : "Your answer, kept on this machine only", reason));
  const again = answers.map(answer => {
    const place = make("div", { className: "own-answer" });
    answer.before(place);
    return place;
  });
  const words = text => make("p", {}, text);
  function show() {
    const right = answers.flatMap(answer => [...answer.classList]).map(name => (name.match(/^answer-(\w)$/) || [])[1]).find(Boolean);
    said.replaceChildren();
    if (choice) said.append(`You chose (${choice}). `);
    if (choice && answers.length) said.append(make("a", { href: "#" + answers[0].id, textContent: "The book’s answer" }), " ");
    if (choice || reason.value.trim()) said.append(forget);
    answers.forEach((answer, i) => {
      again[i].replaceChildren();
      if (list && !choice)
        again[i].append(words("You have not chosen yet:"), ...[...alternatives.keys()].map(letter =>
          make("button", { type: "button", value: letter, textContent: `(${letter})`, onclick: () => choose(letter) })));
      if (choice) again[i].append(words(choice === right ? `You chose (${choice}), and so does the book.` :
                                        `You chose (${choice}); the book does not.`));
      if (reason.value.trim()) again[i].append(words("You wrote: " + reason.value.trim()));
    });
  }
  function choose(letter) {
    kept("choice " + page, choice = letter);
    if (letter) alternatives.get(letter).checked = true;
    else for (const button of alternatives.values()) button.checked = false;
    for (const answer of answers) answer.open = Boolean(letter);
    show();
  }
  forget.addEventListener("click", () => {
    reason.value = "";
    kept("answer " + page, "");
    choose("");
  });
  reason.addEventListener("input", () => { kept("answer " + page, reason.value); show(); });
  if (alternatives.has(choice)) choose(choice);
  else show();
}
const question = document.querySelector("article .commit");
if (question) ask(question, question.querySelector("ul"), [...document.querySelectorAll("details.answer")]);

// A chapter counts as read when its last section comes into view; the sidebar ticks it off.
const end = document.getElementById("take-along");
function tick_off(...just) {  // other tabs may have added theirs meanwhile
  const read = new Set([...kept("read").split(" ").filter(Boolean), ...just]);
  if (just.length) kept("read", [...read].join(" "));
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
    if (entries.some(entry => entry.isIntersecting)) tick_off(page);
  }).observe(end);
}
tick_off();

// What scrolls can be reached by the keyboard, and so can what has no size yet.
const scrolling = new ResizeObserver(changes => {
  const wide = changes.map(({ target: t }) => t.scrollWidth > t.clientWidth || t.scrollHeight > t.clientHeight);
  changes.forEach(({ target }, i) => { target.tabIndex = wide[i] ? 0 : -1; });
});
for (const part of document.querySelectorAll("pre, .cell_output > .output, .pst-scrollable-table-container")) {
  part.tabIndex = 0;
  scrolling.observe(part);
}

// The list of sections marks where the reader is.
const listed = new Map(), seen = new Set();
const spy = new IntersectionObserver(changes => {
  for (const { target, isIntersecting } of changes) seen[isIntersecting ? "add" : "delete"](target);
  const here = [...listed.keys()].filter(section => seen.has(section)).pop();
  for (const [section, link] of listed) link.classList.toggle("active", section === here);
}, { rootMargin: "0px 0px -60%" });
for (const link of document.querySelectorAll("#pst-page-toc-nav a")) {
  const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!section) continue;
  listed.set(section, link);
  spy.observe(section);
}
