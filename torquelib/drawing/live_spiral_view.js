// The spiral in three dimensions, and in each place the spins of two electrons, one flying right, one left. Nothing ties
// directions of spins to those of space, so the plane's normal is drawn along the wire: a screw, of which all is seen.
function view(settings, colors) {
  const {p, hbar, m_e, enlarged} = settings, spiral = spiralSpins(settings), turn = 2 * Math.PI / p;
  const ease = 0.25, pace = 4, roll = 0.22, start = {roll: -0.35, yaw: 0.4};      // s; fs and rad a second; rad
  const camera = {...start};
  let chosen = null, field = 0, told = "", time = 0, touched = false;

  function reset() {
    Object.assign(camera, start);
    spiral.phase = time = 0;
    chosen = null;
    touched = false;
  }

  function set(values) {
    if (!chosen) field = settings.pulses ? 0 : 1e-3 * values.E;                 // V/µm to V/nm
    else touched = touched || values.E !== chosen.E;
    chosen = {v: 0.4, drift: 0, ...values};
    spiral.omega = -p * chosen.drift;
  }

  function advance(seconds) {
    time += seconds;                                                            // until the reader takes over, it pulses
    const on = !settings.pulses || touched || time % 5 > 1.5;
    field += ((on ? 1e-3 * chosen.E : 0) - field) * (1 - Math.exp(-seconds / ease));
    spiral.step(pace * seconds);
    camera.roll += roll * seconds;
  }

  function drag(right, down) {
    camera.yaw = Math.max(-1.2, Math.min(1.2, camera.yaw + right / 200));
    camera.roll += down / 120;
  }

  function draw({pen, width, height, ink}) {
    const length = turn * (width > 520 ? 2.5 : 1.5), radius = height * 0.33, k = m_e * chosen.v / hbar;
    const [cr, sr, cy, sy] = [Math.cos(camera.roll), Math.sin(camera.roll), Math.cos(camera.yaw), Math.sin(camera.yaw)];
    const scale = (width - 1.4 * radius) / length, far = 3.2 * width, items = [];
    const place = (x, [u, v, w]) => {
      const y = radius * (-u * cr - w * sr), up = radius * (-u * sr + w * cr), X = x * scale + radius * v;
      const depth = y * cy - X * sy, near = far / (far + depth);
      return [width / 2 + (X * cy + y * sy) * near, height * 0.47 - up * near, depth, near];
    };
    const line = (from, to, color, thickness, head) => items.push({from, to, color, thickness, head});
    const sheet = (...corners) => items.push({from: corners[0], to: corners[2], corners});
    const moved = [k, -k].map(each => enlarged * spiral.shift(each, field));
    const kinds = [[x => spiral.m(x), colors.reference, 4.5],
      [x => spiral.spin(x, k, moved[0]), colors.minority, 2.6], [x => spiral.spin(x, -k, moved[1]), colors.minority, 2.6]];
    const pieces = 32 * length / turn, piece = length / pieces;
    for (let n = 0; n <= pieces; n++) {
      const x = -length / 2 + n * piece, foot = place(x, [0, 0, 0]);
      if (n) line(place(x - piece, [0, 0, 0]), foot, ink, 1, 0);
      for (const [direction, color, thickness] of kinds) {
        const tip = place(x, direction(x));
        const before = n && place(x - piece, direction(x - piece));
        if (n) line(before, tip, color, 1.6, 0);
        if (n && color === colors.reference) sheet(place(x - piece, [0, 0, 0]), before, tip, foot);
        if (n % 3 === 0) line(foot, tip, color, thickness, 3.2 * thickness);
      }
    }
    items.sort((a, b) => b.from[2] + b.to[2] - a.from[2] - a.to[2]);
    pen.lineCap = "round";
    for (const {from, to, color, thickness, head, corners} of items) {
      if (corners) {
        pen.globalAlpha = 0.13;
        pen.fillStyle = colors.reference;
        pen.beginPath();
        for (const corner of corners) pen.lineTo(corner[0], corner[1]);
        pen.fill();
        continue;
      }
      const near = to[3], angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
      pen.globalAlpha = head ? Math.max(0.35, Math.min(1, 0.75 - to[2] / radius / 3)) : 0.6;
      pen.strokeStyle = pen.fillStyle = color;
      pen.lineWidth = thickness * near;
      pen.beginPath();
      pen.moveTo(from[0], from[1]);
      pen.lineTo(to[0], to[1]);
      pen.stroke();
      if (!head || Math.hypot(to[0] - from[0], to[1] - from[1]) < head) continue;
      pen.beginPath();
      pen.moveTo(to[0] + 2 * Math.cos(angle), to[1] + 2 * Math.sin(angle));
      for (const side of [-0.4, 0.4]) pen.lineTo(to[0] - head * Math.cos(angle + side), to[1] - head * Math.sin(angle + side));
      pen.fill();
    }
    pen.globalAlpha = 1;
    legend(pen, width, height, ink);
  }

  function legend(pen, width, height, ink) {
    let x = 4;
    for (const [name, color] of [["magnet", colors.reference], [width > 520 ? "spins of two electrons, one flying right, one left" : "spins of two electrons", colors.minority]]) {
      pen.fillStyle = color;
      pen.fillRect(x, 8, 14, 4);
      pen.fillStyle = ink;
      pen.textAlign = "left";
      pen.fillText(name, x + 19, 15);
      x += 34 + pen.measureText(name).width;
    }
    const long = 5e5 * field * Math.min(1, width / 500), y = height - 16, X = width / 2;
    if (Math.abs(long) < 3) return;
    pen.strokeStyle = pen.fillStyle = colors.E;
    pen.lineWidth = 3.5;
    pointer(pen, [X - long, y], [X + long, y], 13);
    pen.fillText("electric field", X - pen.measureText("electric field").width / 2, y - 10);
  }

  function words() {
    const k = m_e * chosen.v / hbar, E = 1e-3 * chosen.E;
    const angle = k => `${number(180 / Math.PI * spiral.lean(k), 0)}°`;
    const leans = chosen.drift ? `Leans: ${angle(k)} flying right, ${angle(-k)} flying left.`
      : `They lean by ${angle(k)} to opposite sides.`;
    if (!E) return ["No field: the spins lean to either side of the magnet, and on average follow it.", leans];
    const moved = Math.abs(1e3 * spiral.shift(k, E)).toPrecision(2), on = E > 0 ? "further on" : "further back";
    const much = settings.pulses ? "Their turn is" : `${leans} The shift is ${moved} pm,`;
    return [`The field turns both spins: they point as the magnet does a little ${on}.`,
      `${much} drawn ${String(enlarged).replace(/\B(?=(\d{3})+$)/g, ",")} times larger.`];
  }

  function changed() {
    const now = words().join(""), is = now !== told;
    told = now;
    return is;
  }

  return {spiral, set, reset, advance, drag, words, changed, draw: [draw]};
}
