// The Fermi sea from above, and below it the spins that it makes: upper curve the slope of the lower, Eq. (8.3).
function view(settings, colors) {
  const {J, hbar} = settings, dt = 0.1, pace = 18, span = 120;  // fs; fs a second; fs across the trace
  const sea = electronSea(settings), rgb = name => colors[name].match(/\w\w/g).map(x => parseInt(x, 16));
  const turns = Math.round(2 * Math.PI * hbar / J / dt);        // steps in two turns of a spin
  const past = new Float64Array(2 * turns), trace = [];
  let chosen = {keeps: "state", E: 0, tau: settings.tau}, field = 0, rest = 0, steps = 0, at = 0, since = 0, camera = 0;
  let sums = [0, 0], told = "";

  function reset() {
    sea.reset();
    past.fill(0);
    trace.length = steps = at = since = camera = rest = field = 0;
    sums = [0, 0];
  }

  function set(values) {
    if (values.keeps !== chosen.keeps || values.E !== chosen.E || values.tau !== chosen.tau) since = sea.t;
    chosen = values;
    sea.tau = values.tau;
  }

  function step() {
    field += (chosen.E - field) * dt / 3;                       // no knock: 3 fs to follow the slider
    sea.step(dt, field, chosen.keeps);
    for (const i of [0, 1]) {
      sums[i] += sea.mean[i] - past[2 * at + i];
      past[2 * at + i] = sea.mean[i];
    }
    at = (at + 1) % turns;
    steps += 1;
    if (steps % 2 === 0) {
      const n = Math.min(steps, turns);
      trace.push({t: sea.t, now: sea.mean[0], x: sums[0] / n, y: sums[1] / n});
      if (trace.length > span / dt / 2) trace.shift();
    }
  }

  function advance(seconds) {
    for (rest += seconds * pace / dt; rest >= 1; rest--) step();
    let drifted = 0;
    for (let j = 0; j < sea.kx.length; j++) drifted += sea.kx[j];
    drifted /= sea.kx.length;
    camera += (drifted - Math.max(-0.8, Math.min(0.8, drifted)) - camera) * 0.1;
  }

  function drawSea({pen, width, height, ratio, ink}) {
    const scale = Math.min(width, height) / 2 / 8.2, image = pen.createImageData(width * ratio | 0, height * ratio | 0);
    const pixels = new Uint32Array(image.data.buffer), wide = image.width, high = image.height;
    const word = ([r, g, b], a) => (a << 24 | b << 16 | g << 8 | r) >>> 0;
    const light = ink.match(/[\d.]+/g).slice(0, 3).map(Number);
    const paints = {"-1": word(rgb("majority"), 210), 1: word(rgb("minority"), 235)}, flash = word(light, 255);
    for (let j = 0; j < sea.kx.length; j++) {
      const x = Math.round((width / 2 + (sea.kx[j] - camera) * scale) * ratio);
      const y = Math.round((height / 2 - sea.ky[j] * scale) * ratio);
      if (x < 0 || y < 0 || x > wide - 3 || y > high - 3) continue;
      const size = Math.ceil((sea.hit[j] ? 1.8 : 1.1) * ratio), paint = sea.hit[j] ? flash : paints[sea.band[j]];
      sea.hit[j] = 0;                                           // a collision flashes once
      for (let a = 0; a < size; a++) for (let b = 0; b < size; b++) pixels[(y + a) * wide + x + b] = paint;
    }
    pen.putImageData(image, 0, 0);
    pen.strokeStyle = ink;
    pen.fillStyle = ink;
    pen.lineWidth = 1.2;
    pen.setLineDash([5, 4]);
    for (const radius of sea.radii) {                           // where the discs lie without a field
      pen.beginPath();
      pen.arc(width / 2 - camera * scale, height / 2, radius * scale, 0, 2 * Math.PI);
      pen.stroke();
    }
    pen.setLineDash([]);
    pen.fillText("wave vectors k", 4, 14);
    [["majority", 0], ["minority", 16]].forEach(([name, down]) => {
      pen.fillStyle = colors[name];
      pen.fillRect(width - 72, 5 + down, 9, 9);
      pen.fillStyle = ink;
      pen.fillText(name, width - 58, 14 + down);
    });
    pen.fillRect(6, height - 16, 4, 4);
    pen.fillText("just collided", 15, height - 8);
    if (chosen.E) {
      const tip = width - 8, length = 16 + 600 * chosen.E;
      pen.strokeStyle = pen.fillStyle = colors.E;
      pen.lineWidth = 2.5;
      pointer(pen, [tip - length, height - 12], [tip, height - 12], 10);
      pen.fillText("E", tip - length - 14, height - 8);
    }
  }

  function panel(pen, {left, right, top, bottom, low, high, title, curves, lines, ink, from}) {
    const place = value => bottom - (value - low) / (high - low) * (bottom - top);
    const when = t => left + (t - from) / span * (right - left);
    pen.fillStyle = ink;
    pen.textAlign = "left";
    pen.fillText(title, left, top - 6);
    pen.strokeStyle = colors.reference;
    pen.lineWidth = 1;
    for (const {value, label, color} of lines) {
      pen.strokeStyle = color || colors.reference;
      pen.setLineDash(color ? [7, 4] : []);
      pen.lineWidth = color ? 1.8 : 1;
      pen.beginPath();
      pen.moveTo(left, place(value));
      pen.lineTo(right, place(value));
      pen.stroke();
      pen.setLineDash([]);
      pen.fillStyle = color || ink;
      if (color) {                                              // the prediction, a mark
        pen.beginPath();
        pen.moveTo(right, place(value));
        pen.lineTo(right + 10, place(value) - 6);
        pen.lineTo(right + 10, place(value) + 6);
        pen.fill();
      } else {
        pen.textAlign = "right";
        pen.fillText(label, left - 5, place(value) + 4);
      }
    }
    pen.save();
    pen.beginPath();
    pen.rect(left, top, right - left + 4, bottom - top);
    pen.clip();
    for (const {read, color, thickness, opacity} of curves) {
      pen.strokeStyle = color;
      pen.lineWidth = thickness;
      pen.globalAlpha = opacity;
      pen.beginPath();
      trace.forEach((point, n) => pen[n ? "lineTo" : "moveTo"](when(point.t), place(read(point))));
      pen.stroke();
    }
    pen.restore();
  }

  function drawTrace({pen, width, height, ink}) {
    const unit = Math.abs(sea.intrinsic(Math.max(chosen.E, 0.01))), sign = Math.sign(sea.intrinsic(1));
    const tall = 2 * J * settings.tau / hbar * unit;            // of ⟨σ_y⟩, at the τ of the start
    const from = Math.max(0, sea.t - span), left = 34, right = width - 14;
    const [x, y] = chosen.keeps && chosen.E ? sea.expected(chosen.E, chosen.keeps)
      : [sea.intrinsic(chosen.E), chosen.E ? null : 0];
    const seen = trace.reduce((most, point) => Math.max(most, sign * point.y / tall), 0);
    const middle = height * 0.6;
    panel(pen, {
      left, right, from, ink, top: 24, bottom: middle - 14, low: -0.35, high: 1.45,
      title: "field’s torque: spin along ∂ₓm",
      lines: [{value: 0, label: "0"}, {value: 1, label: "(3)"}, {value: sign * x / unit, color: colors.E}],
      curves: [{read: point => sign * point.now / unit, color: colors.E, thickness: 1, opacity: 0.35},
               {read: point => sign * point.x / unit, color: colors.E, thickness: 3, opacity: 1}],
    });
    panel(pen, {
      left, right, from, ink, top: middle + 24, bottom: height - 20, low: -0.15, high: Math.max(1.3, 1.1 * seen,
        y === null ? 0 : 1.2 * sign * y / tall),
      title: "current’s torque: spin along the normal",
      lines: [{value: 0, label: "0"}, ...(y === null ? [] : [{value: sign * y / tall, color: ink}])],
      curves: [{read: point => sign * point.y / tall, color: ink, thickness: 3, opacity: 1}],
    });
    pen.fillStyle = ink;
    pen.textAlign = "right";
    pen.fillText(`${sea.t.toFixed(0)} fs`, right, height - 4);
    pen.textAlign = "left";
    pen.fillText("time", left, height - 4);
  }

  function part() {
    const last = trace[trace.length - 1], clean = sea.intrinsic(chosen.E);
    return last && chosen.E ? last.x / clean : 0;
  }

  function settled() {
    return sea.t - since > 3 * chosen.tau + 15;
  }

  function words() {
    const measured = number(part(), 2);
    if (!chosen.E) return ["No field, no torque.", "Thin line: this instant. Thick: two turns of a spin averaged."];
    const beta = hbar / (2 * J * chosen.tau), value = {spin: "0", state: (1 / (1 + beta ** 2)).toFixed(2)};
    const headline = {
      spin: "Collisions keep the spin: the field’s torque dies.",
      state: "Collisions keep the eigenstate: the field’s torque stays.",
      "": "Nothing stops the electrons: the field’s torque stays while they run away."}[chosen.keeps];
    return [headline, `Spin along ∂ₓm over Eq. (3): predicted ${value[chosen.keeps] || "1"}, `
      + (settled() ? `measured ${measured}.` : "still settling.")];
  }

  function changed() {
    const now = `${chosen.keeps}${chosen.E}${chosen.tau}${settled()}`;
    const is = now !== told;
    told = now;
    return is;
  }

  return {sea, set, reset, advance, words, changed, draw: [drawSea, drawTrace]};
}
