// Letters of a drawing on a slide are set in 24 px or more. Where a drawing is too small for that, its labels grow:
// those outside a panel about the nearest point of its frame, so that gaps grow with them, a legend as a whole, away
// from its corner. Tick labels that would touch are left out, panels below others move down, the view takes all in.
const SMALLEST = 24;

function bounds(boxes) {
  return {left: Math.min(...boxes.map(box => box.left)), right: Math.max(...boxes.map(box => box.right)),
          top: Math.min(...boxes.map(box => box.top)), bottom: Math.max(...boxes.map(box => box.bottom))};
}

function overlap(a, b, gap = 0) {
  return a.left < b.right + gap && b.left < a.right + gap && a.top < b.bottom && b.top < a.bottom;
}

// The panels of a drawing as matplotlib writes them, each with its frame and its labels, in the units of the drawing.
function panels_of(drawing) {
  const inverse = drawing.getCTM().inverse();
  const box = part => {
    const own = part.getBBox(), to = inverse.multiply(part.getCTM());
    return bounds([[0, 0], [0, 1], [1, 0], [1, 1]].map(([i, j]) => {
      const {x, y} = new DOMPoint(own.x + i * own.width, own.y + j * own.height).matrixTransform(to);
      return {left: x, right: x, top: y, bottom: y};
    }));
  };
  const size_of = part => parseFloat(part.style.fontSize) || 0;
  const letters = text => Math.max(...[text, ...text.querySelectorAll("*")].map(size_of));
  return [...drawing.children].slice(1).map(panel => {
    const patch = panel.querySelector(":scope > g:first-child > path[style='fill: none']");
    const frame = box(patch || panel), labels = [];
    for (const part of panel.children) {
      const texts = [...part.querySelectorAll("text")].map(text => text.closest("g[transform]") || text);
      const flat = texts.length > 0 && texts.every(text => text.parentElement.parentElement === part);
      const legend = flat && part.querySelector("path, use") !== null;
      for (const unit of legend ? [part] : texts) {
        const tick = unit.parentElement.parentElement.parentElement === part && part;
        const size = Math.min(...(legend ? texts : [unit]).map(letters));
        labels.push({unit, legend, tick, size, box: box(unit), transform: unit.getAttribute("transform") || ""});
      }
    }
    return {panel, frame, labels};
  });
}

// The point about which a label grows.
function fixed_point({unit, legend, box}, frame) {
  const along = (low, high, from, to, anchor) => {
    const middle = (low + high) / 2, before = low - from, after = to - high;
    if (middle <= from) return from;
    if (middle >= to) return to;
    if (anchor === "start" || anchor === "end") return anchor === "start" ? low : high;
    if (!legend) return middle;
    return before > 0 && after > 0 ? low + (high - low) * before / (before + after) : low;
  };
  return [along(box.left, box.right, frame.left, frame.right, unit.style.textAnchor),
          along(box.top, box.bottom, frame.top, frame.bottom)];
}

function grow({panel, frame, labels}, least) {
  const grown = labels.map(label => {
    const [x, y] = fixed_point(label, frame), k = Math.max(1, least / label.size), {box} = label;
    label.unit.setAttribute("transform", `translate(${x} ${y}) scale(${k}) translate(${-x} ${-y}) ${label.transform}`);
    return {left: x + k * (box.left - x), right: x + k * (box.right - x),
            top: y + k * (box.top - y), bottom: y + k * (box.bottom - y)};
  });
  const seen = [];
  labels.forEach(({unit, tick}, i) => {
    const touches = tick && seen.some(j => labels[j].tick === tick && overlap(grown[i], grown[j], 3));
    unit.style.visibility = touches ? "hidden" : "";
    if (!touches) seen.push(i);
  });
  return {panel, box: bounds([frame, ...grown])};
}

function move_apart(grown) {
  grown.forEach(({panel, box}, i) => {
    const above = grown.slice(0, i).filter(({box: other}) => overlap(box, other) && other.top < box.top);
    const down = Math.max(0, ...above.map(({box: other}) => other.bottom + 3 - box.top));
    panel.setAttribute("transform", `translate(0 ${down})`);
    box.top += down;
    box.bottom += down;
  });
}

// The largest scale is taken at which the drawing, its letters grown, fits its place. An explorable's other frames keep
// `place.view`, that of its first, so that nothing jumps.
function fit_letters(svg) {
  const drawing = svg.querySelector(":scope > g"), place = svg.parentElement, {width, height} = svg.viewBox.baseVal;
  if (!svg.clientWidth || !drawing || svg.dataset.fitted) return;
  svg.dataset.fitted = "yes";
  const panels = panels_of(drawing), sizes = panels.flatMap(({labels}) => labels.map(({size}) => size));
  const draw = scale => {
    const grown = panels.map(panel => grow(panel, SMALLEST / scale));
    move_apart(grown);
    const all = bounds(grown.map(({box}) => box));
    return [all.left - 1, all.top - 1, all.right - all.left + 2, all.bottom - all.top + 2];
  };
  const largest = (wide, high) => Math.min(svg.clientWidth / wide, svg.clientHeight / high);
  if (!place.view) {
    let scale = largest(width, height), box;
    if (Math.min(...sizes) * scale >= SMALLEST) return;
    const least = scale / 2;
    do {
      scale *= 0.99;
      box = draw(scale);
    } while (largest(box[2], box[3]) < scale && scale > least);
    place.view = {scale, box};
  }
  draw(place.view.scale);
  svg.setAttribute("viewBox", place.view.box.join(" "));
}

new MutationObserver(changes => {
  for (const {target} of changes) if (target.matches(".te-frame")) fit_letters(target.firstElementChild);
}).observe(document.documentElement, {childList: true, subtree: true});
