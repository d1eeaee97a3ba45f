// The search: as one types, in the dialog of every page and on the search page. The text comes with the first letter.
(() => {
const root = document.documentElement.dataset.content_root || "./";
const SHOWN = 20;
const NAMES = {equation: "equation", term: "glossary", section: "", box: "box", code: "torquelib"};
let loading, entries;

function load() {
  loading = loading || new Promise((done, failed) => {
    const script = document.createElement("script");
    script.async = true;
    script.src = root + "_static/search-text.js";
    script.onload = () => {
      entries = BOOK_TEXT.map(([kind, page, anchor, title, text, where]) =>
        ({kind, page, anchor, title, text, where, lowTitle: plain(title), low: plain(text)}));
      done();
    };
    script.onerror = () => { loading = undefined; failed(); };  // asked for again with the next letter
    document.head.append(script);
  });
  return loading;
}

const plain = text => text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/’/g, "'");
const starts = (text, word) => {  // where a word of the text begins with `word`, or -1
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
    if (at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1]) || !/[\p{L}\p{N}]/u.test(word[0])) return at;
  return -1;
};

function find(query) {
  const sought = plain(query).trim();
  const number = sought.match(/^(?:eqs?\.?|equations?)?\s*\(?\s*([ac]?\d+(?:\.\d+)?)\s*\)?$/);
  const words = sought.split(/[\s,;]+/).filter(word => word.length > 1 || /[^a-z0-9]/.test(word));
  const hits = [];
  for (const entry of entries) {
    let score = 0;
    if (number && entry.kind === "equation" && entry.lowTitle === `(${number[1]})`) score = 1000;
    else if (words.length && !number) {
      for (const word of words) {
        const inTitle = starts(entry.lowTitle, word) >= 0, inText = starts(entry.low, word) >= 0;
        if (!inTitle && !inText) { score = 0; break; }
        score += (inTitle ? 10 : 0) + (inText ? 1 + Math.min(4, entry.low.split(word).length - 2) : 0);
      }
      if (score && starts(entry.low, sought) >= 0) score += 5;
      if (score && entry.kind === "term") score += entry.lowTitle.startsWith(sought) ? 200 : score >= 10 ? 60 : -5;
      if (score && entry.kind === "code") score += /[_.]/.test(sought) ? 100 : -1000;
      if (entry.lowTitle === sought) score += 40;
    } else if (number && starts(entry.low, `(${number[1]})`) >= 0) score = 1;
    if (score) hits.push([score, entry]);
  }
  return {words: number ? [`(${number[1]})`] : words, hits: hits.sort((a, b) => b[0] - a[0]).map(hit => hit[1])};
}

function excerpt(entry, words) {
  const places = words.map(word => starts(entry.low, word)).filter(at => at >= 0);
  const low = entry.low.length === entry.text.length;  // else the places are another text's
  let begin = low && places.length ? Math.max(0, Math.min(...places) - 60) : 0;
  if (begin) begin = entry.text.indexOf(" ", begin) + 1;
  const line = document.createElement("p");
  let rest = entry.text.slice(begin, begin + 180), end = begin + 180 < entry.text.length;
  if (begin) line.append("… ");
  while (rest) {
    let first = -1, found = "";
    for (const word of words) {
      const at = starts(plain(rest), word);
      if (at >= 0 && (first < 0 || at < first)) { first = at; found = word; }
    }
    if (first < 0 || !low) break;
    const mark = document.createElement("mark");
    mark.textContent = rest.slice(first, first + found.length);
    line.append(rest.slice(0, first), mark);
    rest = rest.slice(first + found.length);
  }
  line.append(rest, end ? " …" : "");
  return line;
}

function show(box, query, all) {
  const {words, hits} = find(query);
  const list = box.querySelector("ol"), status = box.querySelector("[role=status]");
  list.replaceChildren(...hits.slice(0, all ? hits.length : SHOWN).map(entry => {
    const item = document.createElement("li"), link = document.createElement("a");
    link.href = root + entry.page + ".html" + (entry.anchor ? "#" + entry.anchor : "");
    link.textContent = entry.kind === "equation" ? `${entry.title} ${entry.text}` : entry.title;
    const where = document.createElement("span");
    where.textContent = [NAMES[entry.kind], entry.where !== entry.title && entry.where].filter(Boolean).join(" · ");
    item.append(link, where);
    if (entry.kind !== "equation" && entry.text) item.append(excerpt(entry, words));
    return item;
  }));
  const count = hits.length === 1 ? "1 place" : `${hits.length || "No"} places`;
  status.textContent = query.trim() ? count : "";
  if (!all && hits.length > SHOWN) {
    const item = document.createElement("li"), more = document.createElement("button");
    more.type = "button";
    more.textContent = `Show all ${hits.length}`;
    more.onclick = () => { show(box, query, true); list.children[SHOWN].querySelector("a").focus(); };
    item.append(more);
    list.append(item);
  }
}

for (const form of document.querySelectorAll("form.bd-search")) {
  const input = form.querySelector("input"), box = document.createElement("div");
  box.className = "book-search";
  const status = document.createElement("p"), list = document.createElement("ol");
  status.setAttribute("role", "status");
  box.append(status, list);
  form.after(box);
  const answer = () => load().then(() => show(box, input.value),
                                   () => { status.textContent = "The text of the book did not load."; });
  input.addEventListener("focus", () => load().catch(() => {}));
  input.addEventListener("input", answer);
  form.addEventListener("submit", event => {  // the first place
    event.preventDefault();
    answer().then(() => { const first = list.querySelector("a"); if (first) first.click(); });
  });
  list.addEventListener("click", event => {
    const dialog = event.target.closest("a") && box.closest("dialog");
    if (dialog) dialog.close();
  });
  box.parentElement.addEventListener("keydown", event => {
    const links = [...list.querySelectorAll("a, button")], at = links.indexOf(document.activeElement);
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!step || !links.length) return;
    event.preventDefault();
    (at + step < 0 ? input : links[Math.min(at + step, links.length - 1)]).focus();
  });
  if (!form.closest("dialog")) {  // the search page
    input.value = new URLSearchParams(location.search).get("q") || "";
    input.focus();
    if (input.value) answer();
  }
}
})();
