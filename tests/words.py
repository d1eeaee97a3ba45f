"""Words in drawings, measured in the browser: for the pages and for the talks."""

# JavaScript: drawing (svg) → what is wrong with its visible words. Letters fill about half of the height of their box:
# a quarter at each edge is air.
WORDS = """drawing => {
  const edge = drawing.getBoundingClientRect(), seen = [], faults = [];
  for (const part of drawing.querySelectorAll("text:not(:has(tspan)), tspan")) {
    const word = part.closest("text"), name = word.textContent.trim();
    if (!part.textContent.trim() || getComputedStyle(word).visibility !== "visible") continue;
    const {left, right, top, bottom, width, height} = part.getBoundingClientRect(), air = Math.min(width, height) / 4;
    const box = {left: left + air, right: right - air, top: top + air, bottom: bottom - air, word, name};
    if (left < edge.left - 0.5 || right > edge.right + 0.5 || box.top < edge.top || box.bottom > edge.bottom)
      faults.push(`cut: ${name}`);
    for (const other of seen)
      if (other.word !== word && box.left < other.right && other.left < box.right
          && box.top < other.bottom && other.top < box.bottom)
        faults.push(`${name} lies on ${other.name}`.replace(/\\s+/g, ""));
    seen.push(box);
  }
  return {faults, words: seen.length};
}"""
