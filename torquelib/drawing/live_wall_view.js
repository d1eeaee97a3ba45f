// The wall from above, its way and its tilt; the law of its motion is the dashed line.
function view(settings, colors) {
  const h = 2.5e-13, pace = 1.2e-9, span = 8e-9;                  // s; s of the film a second; s across the traces
  const chain = wallChain(settings), trace = [], {cell, cells} = settings;
  let chosen = null, rest = 0, steps = 0, turns = 0, last = 0, since = 0, told = "", start = 0, spoken = 0;

  function reset() {
    chain.reset();
    trace.length = steps = rest = turns = last = since = start = spoken = 0;
  }

  function set(values) {
    if (chosen && Object.keys(values).some(name => values[name] !== chosen[name])) {
      since = chain.t;
      start = chain.position();
    }
    chosen = values;
    chain.u = values.u;
    chain.beta = values.beta;
    chain.alpha = values.alpha;
    chain.K_hard = 1e3 * values.hard;
  }

  function advance(seconds) {
    for (rest += seconds * pace / h; rest >= 1; rest--) {
      chain.step(h);
      steps += 1;
      if (steps % 40) continue;                                 // a point each 10 ps
      chain.follow();
      const tilt = chain.tilt();
      turns -= Math.round((tilt - last) / (2 * Math.PI));
      last = tilt;
      trace.push({t: chain.t, x: chain.position(), tilt: tilt / 2 / Math.PI + turns});
      if (trace.length > span / h / 40) trace.shift();
    }
  }

  // mean velocity since the controls came to rest; where the wall turns over, over whole half turns
  function measured() {
    const settle = (1 + chain.alpha ** 2) * chain.Ms / (2 * chain.alpha * chain.gamma * chain.K_hard);
    const over = Math.abs(chosen.u) > chain.model().breakdown, wait = over ? 1.5e-9 : 4 * settle;
    const seen = trace.filter(point => point.t > Math.max(since + wait, chain.t - span));
    if (seen.length < 60) return null;
    const first = seen[0], final = seen[seen.length - 1], halves = Math.floor(2 * Math.abs(final.tilt - first.tilt));
    if (halves < 1) {
      if (over) return null;
      const late = seen[seen.length - 50];
      return (final.x - late.x) / (final.t - late.t);
    }
    const end = seen.find(point => 2 * Math.abs(point.tilt - first.tilt) >= halves);
    return (end.x - first.x) / (end.t - first.t);
  }

  function arrow(pen, x, y, dx, dy, head) {
    const angle = Math.atan2(dy, dx), [tipX, tipY] = [x + dx / 2, y + dy / 2];
    pen.beginPath();
    pen.moveTo(x - dx / 2, y - dy / 2);
    pen.lineTo(tipX, tipY);
    for (const side of [-0.5, 0.5]) {
      pen.moveTo(tipX, tipY);
      pen.lineTo(tipX - head * Math.cos(angle + side), tipY - head * Math.sin(angle + side));
    }
    pen.stroke();
  }

  function drawFilm({pen, width, height, ink}) {
    const shown = 61, gap = width / shown, middle = height * 0.45, half = height * 0.33;
    const centre = chain.position() / cell - chain.shift + (cells - 1) / 2, first = Math.floor(centre) - (shown >> 1);
    const place = i => width / 2 + (i - centre) * gap;
    for (let i = first - 1; i <= first + shown; i++) {
      const j = 3 * Math.min(Math.max(i, 0), cells - 1), up = chain.m[j + 2];
      pen.globalAlpha = 0.12 + 0.5 * Math.abs(up);
      pen.fillStyle = up > 0 ? colors.majority : colors.minority;
      const [x0, x1] = [place(i) - gap / 2, place(i) + gap / 2].map(Math.round);
      pen.fillRect(x0, middle - half, x1 - x0, 2 * half);
    }
    pen.globalAlpha = 1;
    pen.strokeStyle = pen.fillStyle = ink;
    pen.lineWidth = 1.8;
    const apart = 3, length = Math.min(0.95 * apart * gap, half * 0.62);
    for (let i = Math.ceil(first / apart) * apart; i <= first + shown; i += apart) {
      const x = chain.m[3 * i], y = chain.m[3 * i + 1], flat = Math.hypot(x, y);
      if (!(flat > 0.15)) continue;                             // out of the chain, or upright
      for (const row of [-0.64, 0, 0.64]) arrow(pen, place(i), middle + row * half, x * length, -y * length, 7 * flat);
    }
    pen.textAlign = "left";
    pen.fillText("up", 6, middle - half + 16);
    pen.textAlign = "right";
    pen.fillText("down", width - 6, middle - half + 16);
    pen.textAlign = "center";                                   // a ruler fixed to the film
    const nm = cell * 1e9, x0 = chain.position() * 1e9, side = width / 2 / gap * nm;
    for (let mark = Math.ceil((x0 - side) / 50) * 50; mark < x0 + side; mark += 50) {
      const x = width / 2 + (mark - x0) / nm * gap;
      pen.fillRect(x, middle + half, 1.2, 6);
      if (x > 20 && x < width - 20) pen.fillText(`${mark} nm`.replace("-", "−"), x, middle + half + 20);
    }
    if (chosen && chosen.u) {                                   // the electrons' wind
      const sign = Math.sign(chosen.u), long = 14 + Math.abs(chosen.u), y = middle - half - 9;
      pen.strokeStyle = pen.fillStyle = colors.E;
      pen.lineWidth = 2.5;
      const x = width / 2 - sign * long / 2;
      pointer(pen, [x, y], [x + sign * long, y], 10);
      pen.textAlign = sign > 0 ? "right" : "left";
      pen.fillText("u", x - sign * 6, y + 4);
    }
  }

  function drawTrace({pen, width, height, ink}) {
    const from = Math.max(0, chain.t - span), left = 8, right = width - 8, when = t => left + (t - from) / span * (right - left);
    const law = t => start + chain.model().mean * (t - since), now = trace[trace.length - 1] || {x: 0, tilt: 0, t: 0};
    const panel = (top, bottom, title, read, least, line) => {
      const values = trace.map(read), low = Math.min(...values, 0 * now.t + read(now)), high = Math.max(...values, read(now));
      const spread = Math.max(high - low, least), base = (high + low - spread) / 2;
      const place = value => bottom - (value - base) / spread * (bottom - top);
      pen.textAlign = "left";
      pen.fillStyle = ink;
      pen.fillText(title, left, top - 8);
      pen.save();
      pen.beginPath();
      pen.rect(left, top - 4, right - left, bottom - top + 8);
      pen.clip();
      if (line) {
        pen.strokeStyle = colors.E;
        pen.lineWidth = 2;
        pen.setLineDash([7, 4]);
        pen.beginPath();
        pen.moveTo(when(Math.max(since, from)), place(line(Math.max(since, from))));
        pen.lineTo(when(chain.t), place(line(chain.t)));
        pen.stroke();
        pen.setLineDash([]);
      }
      pen.strokeStyle = ink;
      pen.lineWidth = 2.5;
      pen.beginPath();
      trace.forEach((point, n) => pen[n ? "lineTo" : "moveTo"](when(point.t), place(read(point))));
      pen.stroke();
      pen.restore();
    };
    const middle = height * 0.55;
    panel(24, middle - 8, "position of the wall; dashed: predicted slope", point => point.x, 4e-8, law);
    panel(middle + 26, height - 22, `tilt: ${number(360 * now.tilt, 0)}°`, point => point.tilt, 0.15, null);
    pen.textAlign = "right";
    pen.fillText(`${(chain.t * 1e9).toFixed(1)} ns`, right, height - 4);
    pen.textAlign = "left";
    pen.fillText("time", left, height - 4);
  }

  function state() {
    const {steady, breakdown, mean} = chain.model(), v = measured();
    return {steady, breakdown, mean, v, over: Math.abs(chosen.u) > breakdown};
  }

  function words() {
    const {breakdown, mean, v, over} = state(), speed = x => `${number(x, 1)} m/s`;
    if (!chosen.u) return ["No current: the wall rests.", ""];
    const limit = Number.isFinite(breakdown) ? `Breakdown at u = ${speed(breakdown)}. ` : "β = α: no breakdown. ";
    const found = `${over ? "Mean velocity" : "Velocity (β/α)u"}: predicted ${speed(mean)}, `
      + (v === null ? "still settling." : `measured ${speed(v)}.`);
    return [over ? "Beyond Walker breakdown: the wall turns over and moves in jerks." : "The wall glides.", limit + found];
  }

  function changed() {
    const now = JSON.stringify(words()), is = now !== told && chain.t - spoken > 1e-9;
    if (is) [told, spoken] = [now, chain.t];
    return is;
  }

  return {chain, set, reset, advance, words, changed, draw: [drawFilm, drawTrace]};
}
