// The film from above, and the skyrmion's way in it beside the line of Thiele's equation (11.4).
function view(settings, colors) {
  const h = 2e-13, pace = 6e-10, budget = 12, span = 3e-9;      // s; s of the film a second; ms a frame; s of the track
  const film = skyrmionFilm(settings), {alpha, cell, cells} = settings, size = cells * cell, trace = [];
  const tile = Object.assign(document.createElement("canvas"), {width: cells, height: cells});
  const rgb = color => color.match(/\w\w/g).map(x => parseInt(x, 16)), middle = [216, 216, 216];
  let chosen = null, rest = 0, steps = 0, since = 0, start = [0, 0], told = "", spoken = 0;

  function reset() {
    film.reset();
    trace.length = rest = steps = since = spoken = 0;
    start = [0, 0];
    chosen = null;
  }

  function set(values) {
    if (chosen && Object.keys(values).some(name => values[name] !== chosen[name])) {
      since = film.t;
      start = trace.length ? trace[trace.length - 1].at : start;
    }
    chosen = values;
    film.u = values.u;
    film.beta = values.ratio * alpha;
  }

  function note() {  // the way, unwound: the film closes on itself
    const last = trace.length ? trace[trace.length - 1].at : [0, 0];
    const at = film.position().map((x, a) => x + size * Math.round((last[a] - x) / size));
    trace.push({t: film.t, at});
    while (trace[0].t < film.t - span) trace.shift();
  }

  function advance(seconds) {
    const begun = performance.now();
    for (rest += seconds * pace / h; rest >= 1; rest--) {
      film.step(h);
      steps += 1;
      if (steps % 25 === 0) note();                             // each 5 ps
      if (performance.now() - begun > budget) rest = Math.min(rest, 1);  // a slow machine shows less, as smoothly
    }
  }

  function measured() {
    const seen = trace.filter(point => point.t > since + 1.5e-10), first = seen[0], last = seen[seen.length - 1];
    if (seen.length < 20) return null;
    return [0, 1].map(a => (last.at[a] - first.at[a]) / (last.t - first.t));
  }

  function drawFilm({pen, width, height, ink}) {
    const brush = tile.getContext("2d"), image = brush.createImageData(cells, cells), [X, Y, Z] = film.m;
    const ends = [rgb(colors.minority), rgb(colors.majority)], side = Math.min(width, height), gap = side / cells;
    for (let j = 0; j < cells; j++) for (let i = 0; i < cells; i++) {
      const up = Z[j * cells + i], end = ends[up > 0 ? 1 : 0], pixel = 4 * ((cells - 1 - j) * cells + i);
      for (const a of [0, 1, 2]) image.data[pixel + a] = middle[a] + Math.abs(up) * (end[a] - middle[a]);
      image.data[pixel + 3] = 255;
    }
    brush.putImageData(image, 0, 0);
    pen.drawImage(tile, 0, 0, side, side);
    const place = ([x, y]) => [side / 2 + x / size * side, side / 2 - y / size * side];
    pen.strokeStyle = pen.fillStyle = "#202020";
    pen.lineWidth = 1.4;
    for (let j = 1; j < cells; j += 3) for (let i = 1; i < cells; i += 3) {
      const n = j * cells + i, flat = Math.hypot(X[n], Y[n]);
      if (flat < 0.2) continue;
      const x = (i + 0.5) * gap, y = side - (j + 0.5) * gap, dx = 1.3 * gap * X[n], dy = -1.3 * gap * Y[n];
      pointer(pen, [x - dx, y - dy], [x + dx, y + dy], 5 * flat);
    }
    pen.strokeStyle = "#ffffff";
    pen.lineWidth = 2;
    pen.beginPath();
    trace.forEach(({at}, n) => {                                // its way, folded into the film
      const folded = at.map(x => x - size * Math.round(x / size)), old = n && trace[n - 1].at;
      const broken = !n || folded.some((x, a) => Math.abs(x - old[a] + size * Math.round(old[a] / size)) > size / 2);
      pen[broken ? "moveTo" : "lineTo"](...place(folded));
    });
    pen.stroke();
    if (!chosen || !chosen.u) return;
    const long = 10 + 0.25 * Math.abs(chosen.u), sign = Math.sign(chosen.u), x = side / 2 - sign * long / 2;
    pen.strokeStyle = pen.fillStyle = "#ffffff";
    pen.lineWidth = 3;
    pointer(pen, [x, side - 14], [x + sign * long, side - 14], 11);
    pen.fillText("u", side / 2 - 4, side - 22);
  }

  function drawTrack({pen, width, height, ink}) {
    const way = trace.length ? trace[trace.length - 1].at : [0, 0], v = film.thiele();
    const aim = start.map((x, a) => x + v[a] * (film.t - since)), points = [way, start, aim, ...trace.map(point => point.at)];
    const [low, high] = [Math.min, Math.max].map(pick => [0, 1].map(a => pick(...points.map(point => point[a]))));
    const scale = Math.min((width - 60) / Math.max(high[0] - low[0], 1e-7), (height - 110) / Math.max(high[1] - low[1], 1e-7));
    const place = ([x, y]) => [width / 2 + (x - (low[0] + high[0]) / 2) * scale, height / 2 - (y - (low[1] + high[1]) / 2) * scale];
    pen.fillStyle = ink;
    pen.textAlign = "left";
    pen.fillText("its way; dashed: Thiele’s equation", 8, 16);
    pen.strokeStyle = ink;
    pen.lineWidth = 4;
    pen.beginPath();
    trace.forEach(({at}, n) => pen[n ? "lineTo" : "moveTo"](...place(at)));
    pen.stroke();
    pen.lineWidth = 2;
    pen.strokeStyle = colors.E;
    pen.setLineDash([7, 5]);
    pen.beginPath();
    pen.moveTo(...place(start));
    pen.lineTo(...place(aim));
    pen.stroke();
    pen.setLineDash([]);
    pen.strokeStyle = colors.minority;
    pen.beginPath();
    pen.arc(...place(way), Math.max(4, settings.rest[0] * scale), 0, 2 * Math.PI);
    pen.stroke();
    const nm = [10, 20, 50, 100, 200, 500].find(length => length * 1e-9 * scale > 40) || 1000;
    pen.fillRect(8, height - 14, nm * 1e-9 * scale, 3);
    pen.fillText(`${nm} nm`, 8, height - 20);
    pen.textAlign = "right";
    pen.fillText(`${(film.t * 1e9).toFixed(1)} ns`, width - 8, height - 10);
  }

  function speed([x, y]) {
    const along = Math.sign(chosen.u), angle = Math.round(180 / Math.PI * Math.atan2(y * along, x * along));
    const to = angle ? `${Math.abs(angle)}° to the ${angle > 0 ? "left" : "right"}` : "straight on";
    return `${Math.hypot(x, y).toFixed(0)} m/s, ${to}`;
  }

  function words() {
    if (!chosen.u) return ["No current: the skyrmion rests.", ""];
    const difference = chosen.ratio - 1, side = difference > 0 ? "left" : "right", v = measured();
    const headline = Math.abs(difference) < 0.05 ? "β = α: it goes with the electrons, to neither side."
      : `β ${difference > 0 ? ">" : "<"} α: it veers to the ${side} of the electrons.`;
    return [headline, `Predicted ${speed(film.thiele())}; ${v ? `measured ${speed(v)}.` : "still settling."}`];
  }

  function changed() {
    const now = words().join(""), is = now !== told && film.t - spoken > 5e-10;
    if (is) [told, spoken] = [now, film.t];
    return is;
  }

  return {film, set, reset, advance, words, changed, draw: [drawFilm, drawTrack]};
}
