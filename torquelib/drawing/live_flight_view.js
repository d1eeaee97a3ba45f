// Left, the tip of the spin seen along m, about the mark of the exact lean; right, the wire that it flies through.
function view(settings, colors) {
  const {p, hbar} = settings, h = 0.02, pace = 4, slow = 10;    // fs; fs a second; fs for the speed to follow
  const flight = flyingSpin(settings), past = [], degrees = x => `${number(x * 180 / Math.PI, 1)}°`;
  let chosen = null, rest = 0, told = "";

  function reset() {
    chosen = null;
    past.length = rest = 0;
  }

  function set(values) {
    const fresh = !chosen || values.start !== chosen.start;
    chosen = values;
    flight.J = values.J;
    if (fresh || values.ramp === "once") flight.v = values.v;
    if (fresh) {
      past.length = 0;
      flight.reset(values.start === "leaning");
    }
  }

  function advance(seconds) {
    for (rest += seconds * pace / h; rest >= 1; rest--) {
      flight.v += chosen.ramp === "slow" ? (chosen.v - flight.v) * h / slow : chosen.v - flight.v;
      flight.step(h);
      past.push({x: flight.x, t: flight.t, spin: flight.spin});
      if (past.length > 600) past.shift();
    }
  }

  function drawCap({pen, width, height, ink}) {
    const scale = 0.46 * Math.min(width, height) / 0.95, X = width / 2, Y = height / 2;
    const place = ([x, y]) => [X + x * scale, Y - y * scale], {b} = flight.lean();
    pen.strokeStyle = colors.reference;
    pen.lineWidth = 1;
    for (const angle of [15, 30, 45]) {
      pen.beginPath();
      pen.arc(X, Y, Math.sin(angle * Math.PI / 180) * scale, 0, 2 * Math.PI);
      pen.stroke();
    }
    pen.beginPath();
    pen.moveTo(X, Y - 0.8 * scale);
    pen.lineTo(X, Y + 0.8 * scale);
    pen.moveTo(X - 0.8 * scale, Y);
    pen.lineTo(X + 0.8 * scale, Y);
    pen.stroke();
    pen.fillStyle = ink;
    pen.textAlign = "left";
    pen.fillText("ŷ, out of the plane", X + 6, Y - 0.82 * scale);
    pen.fillText("e", X + 0.84 * scale, Y + 4);
    pen.save();
    pen.font = pen.font.replace("13px", "10px");
    pen.fillText("θ", X + 0.84 * scale + 8, Y + 8);
    pen.restore();
    pen.strokeStyle = colors.minority;
    pen.lineWidth = 2;
    past.forEach(({spin}, n) => {
      if (!n) return;
      pen.globalAlpha = n / past.length;
      pen.beginPath();
      pen.moveTo(...place(past[n - 1].spin));
      pen.lineTo(...place(spin));
      pen.stroke();
    });
    pen.globalAlpha = 1;
    const dot = (at, color, radius) => {
      pen.fillStyle = color;
      pen.beginPath();
      pen.arc(...place(at), radius, 0, 2 * Math.PI);
      pen.fill();
    };
    dot([0, 0], colors.reference, 5);
    dot(flight.spin, colors.minority, 7);
    const [x, y] = place(b);
    pen.strokeStyle = ink;
    pen.lineWidth = 2.5;
    pen.beginPath();
    pen.moveTo(x - 7, y - 7);
    pen.lineTo(x + 7, y + 7);
    pen.moveTo(x - 7, y + 7);
    pen.lineTo(x + 7, y - 7);
    pen.stroke();
    pen.fillStyle = ink;
    pen.textAlign = "left";
    label(pen, "m", X - 18, Y - 6);
    label(pen, "exact lean", x + 14, y + 4);
  }

  function arrow(pen, x, y, dx, dy, head) {
    const angle = Math.atan2(dy, dx);
    pen.beginPath();
    pen.moveTo(x - dx, y - dy);
    pen.lineTo(x + dx, y + dy);
    for (const side of [-0.5, 0.5]) {
      pen.moveTo(x + dx, y + dy);
      pen.lineTo(x + dx - head * Math.cos(angle + side), y + dy - head * Math.sin(angle + side));
    }
    pen.stroke();
  }

  function drawWire({pen, width, height, ink}) {
    const across = 18, gap = width / across, long = Math.min(height * 0.16, 0.95 * gap), Y = height * 0.45;
    pen.lineWidth = 3;
    pen.strokeStyle = colors.reference;
    for (let n = 2 * Math.ceil((flight.x - across / 2) / 2); n <= flight.x + across / 2; n += 2) {  // nm
      pen.globalAlpha = Math.min(1, (across / 2 - Math.abs(n - flight.x)) / 1.5);  // none ends at the edge
      arrow(pen, width / 2 + (n - flight.x) * gap, Y, 0.9 * long * Math.sin(p * n), -0.9 * long * Math.cos(p * n), 8);
    }
    pen.globalAlpha = 1;
    const [x, , z] = flight.lab();
    pen.strokeStyle = colors.minority;
    pen.lineWidth = 4.5;
    arrow(pen, width / 2, Y, 1.25 * long * x, -1.25 * long * z, 12);
    pen.fillStyle = ink;
    pen.textAlign = "left";
    pen.fillText("seen from the side", 4, 16);
    pen.fillText("grey: magnetization, one turn in " + (2 * Math.PI / p).toFixed(0) + " nm", 4, height - 28);
    pen.fillStyle = colors.minority;
    pen.fillText("the electron’s spin", 4, height - 8);
    pen.fillStyle = ink;
    pen.textAlign = "right";
    pen.fillText(`${flight.t.toFixed(0)} fs`, width - 4, height - 8);
  }

  function words() {
    const {b, size} = flight.lean(), turn = Math.PI * hbar / size / h, seen = past.slice(-Math.round(turn));
    const alpha = Math.atan2(-b[1], b[2]), mean = i => seen.reduce((sum, {spin}) => sum + spin[i], 0);
    const away = Math.acos(Math.min(1, flight.spin.reduce((sum, s, i) => sum + s * b[i], 0)));
    const measured = seen.length > 0.98 * turn && Math.abs(flight.v - chosen.v) < 1e-2
      ? `its mean over one turn leans by ${degrees(Math.atan2(-mean(1), mean(2)))}.` : "still measuring.";
    return [away < 0.02 ? "It leans, and follows." : "It rings about the leaning direction.",
      `Predicted, arctan ħvp/2J: ${degrees(alpha)}; ${measured}`];
  }

  function changed() {
    const now = words().join(""), is = now !== told;
    told = now;
    return is;
  }

  return {flight, set, reset, advance, words, changed, draw: [drawCap, drawWire]};
}
