// Left, what the field adds to the spin, seen along m: a circle about Eq. (3). Right, the same and the field in time.
function view(settings, colors) {
  const ramped = rampedSpin(settings), {E, J, hbar} = settings, h = 0.05, pace = 8, span = 80;  // fs; fs a second; fs
  const period = Math.PI * hbar / J, past = [];
  let chosen = null, rest = 0, told = "";

  function reset() {
    ramped.reset();
    past.length = rest = 0;
    chosen = null;
  }

  function set(values) {
    if (values.on !== (chosen ? chosen.on : "")) ramped.to(values.on ? E : 0, values.ramp);
    chosen = values;
  }

  function advance(seconds) {
    for (rest += seconds * pace / h; rest >= 1; rest--) {
      ramped.step(h);
      past.push({t: ramped.t, at: ramped.deviation(), field: ramped.field() / E});
      if (past.length > span / h) past.shift();
    }
  }

  function curve(pen, points) {
    pen.beginPath();
    points.forEach((point, n) => pen[n ? "lineTo" : "moveTo"](...point));
    pen.stroke();
  }

  function drawPlane({pen, width, height, ink}) {
    const scale = Math.min(width / 3.4, height / 3), axis = Math.max(20, width / 2 - 1.4 * scale);
    const place = ([x, y]) => [axis + x * scale, height / 2 - y * scale];
    pen.strokeStyle = colors.reference;
    pen.lineWidth = 1;
    curve(pen, [place([-0.2, 0]), place([2.35, 0])]);
    curve(pen, [place([0, -1.5]), place([0, 1.5])]);
    pen.fillStyle = ink;
    pen.textAlign = "left";
    pen.fillText("along the normal", place([0, 1.5])[0] + 6, place([0, 1.5])[1] + 6);
    pen.fillText("along", place([2.15, 0])[0], place([0, 0])[1] - 8);
    pen.fillText("∂m", place([2.15, 0])[0], place([0, 0])[1] + 18);
    pen.strokeStyle = colors.majority;
    pen.lineWidth = 2;
    past.slice(-Math.round(3 * period / h)).forEach(({at}, n, seen) => {
      pen.globalAlpha = n / seen.length;
      if (n) curve(pen, [place(seen[n - 1].at), place(at)]);
    });
    pen.globalAlpha = 1;
    const [x, y] = place([ramped.field() / E, 0]);
    pen.strokeStyle = colors.E;
    pen.lineWidth = 2.5;
    curve(pen, [[x - 7, y - 7], [x + 7, y + 7]]);
    curve(pen, [[x - 7, y + 7], [x + 7, y - 7]]);
    pen.fillStyle = colors.E;
    pen.textAlign = "left";
    label(pen, "Eq. (3)", x + 8, y + 20);
    pen.fillStyle = colors.majority;
    pen.beginPath();
    pen.arc(...place(ramped.deviation()), 6, 0, 2 * Math.PI);
    pen.fill();
  }

  function drawTrace({pen, width, height, ink}) {
    const from = Math.max(0, ramped.t - span), left = 30, right = width - 8;
    const place = (t, value) => [left + (t - from) / span * (right - left), height - 26 - (value + 1.2) / 3.5 * (height - 56)];
    pen.lineWidth = 1;
    pen.fillStyle = ink;
    pen.textAlign = "right";
    for (const [value, label] of [[0, "0"], [1, "(3)"]]) {
      pen.strokeStyle = colors.reference;
      curve(pen, [place(from, value), place(from + span, value)]);
      pen.fillText(label, left - 5, place(from, value)[1] + 4);
    }
    pen.strokeStyle = colors.majority;
    pen.lineWidth = 2.5;
    curve(pen, past.map(({t, at}) => place(t, at[0])));
    pen.strokeStyle = colors.E;
    pen.setLineDash([7, 4]);
    curve(pen, past.map(({t, field}) => place(t, field)));
    pen.setLineDash([]);
    pen.textAlign = "left";
    pen.fillText("spin that the field adds along ∂m; dashed: the field", 8, 16);
    pen.fillText("time", left, height - 6);
    pen.textAlign = "right";
    pen.fillText(`${ramped.t.toFixed(0)} fs`, right, height - 6);
  }

  function words() {
    const seen = past.slice(-Math.round(1.05 * period / h)).map(({at, field}) => at[0] - field);
    const swing = seen.length > period / h ? (Math.max(...seen) - Math.min(...seen)) / 2 : null;
    const busy = Math.abs(ramped.field() / E - (chosen.on ? 1 : 0)) > 1e-6 || swing === null;
    const headline = busy ? "The field changes." : swing > 0.2 ? "The spin rings, and nothing stops it."
      : chosen.on ? "The spin stands where Eq. (3) says." : "The spin stands still.";
    return [headline, `Ringing${busy ? "" : ` measured: ${swing.toFixed(2)} of (3)`}; `
      + `a switch of ${chosen.ramp} fs from rest leaves ${ramped.left(chosen.ramp).toFixed(2)}.`];
  }

  function changed() {
    const now = words().join(""), is = now !== told;
    told = now;
    return is;
  }

  return {ramped, set, reset, advance, words, changed, draw: [drawPlane, drawTrace]};
}
