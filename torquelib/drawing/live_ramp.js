// A majority electron in a planar spiral while a field is switched: `evolve` of torquelib.spirals.evolution, step by step.
function rampedSpin({p, J, k, E, hbar, m_e}) {
  const ramped = {t: 0, k, spin: null, reset, step, to, field, eigenspin, deviation, left};
  const unit = -(hbar ** 2) * E * p / (4 * m_e * J ** 2);       // Eq. (3), majority
  let start, before, after, ramp;                               // the switch: E(t) from one value to another, as sin²

  const across = at => -(hbar ** 2) * at * p / (2 * m_e);       // b = (0, across, J)

  function reset() {
    [ramped.t, start, before, after, ramp] = [0, {t: 0, k}, 0, 0, 0];
    ramped.spin = eigenspin();
  }

  function field(t = ramped.t) {
    const share = ramp ? Math.sin(Math.PI / 2 * Math.min(1, (t - start.t) / ramp)) ** 2 : 1;
    return before + (after - before) * share;
  }

  function wave(t) {  // k(t), ħ dk/dt = −eE
    const since = t - start.t, rising = Math.min(since, ramp);
    const area = since - rising + (ramp ? rising / 2 - ramp / (2 * Math.PI) * Math.sin(Math.PI * rising / ramp) : 0);
    return start.k - (before * since + (after - before) * area) / hbar;
  }

  function to(value, duration) {
    [before, start] = [field(), {t: ramped.t, k: wave(ramped.t)}];
    [after, ramp] = [value, duration];
  }

  function step(h) {  // Magnus' fourth order: b at the two Gauss points
    const [u, v] = [0.5 - Math.sqrt(3) / 6, 0.5 + Math.sqrt(3) / 6].map(part => across(wave(ramped.t + part * h)));
    const rate = 2 * h / hbar, wx = -Math.sqrt(3) / 12 * rate ** 2 * (u - v) * J, wy = rate / 2 * (u + v), wz = rate * J;
    const angle = Math.hypot(wx, wy, wz), sine = Math.sin(angle) / angle, versine = 2 * (Math.sin(angle / 2) / angle) ** 2;
    const [x, y, z] = ramped.spin, cx = wy * z - wz * y, cy = wz * x - wx * z, cz = wx * y - wy * x;
    ramped.spin = [x + sine * cx + versine * (wy * cz - wz * cy), y + sine * cy + versine * (wz * cx - wx * cz),
      z + sine * cz + versine * (wx * cy - wy * cx)];
    ramped.t += h;
    ramped.k = wave(ramped.t);
  }

  function eigenspin() {
    const y = across(wave(ramped.t)), size = Math.hypot(y, J);
    return [0, -y / size, -J / size];
  }

  function deviation() {  // across m, in units of Eq. (3)
    const rest = eigenspin();
    return [0, 1].map(a => (ramped.spin[a] - rest[a]) / unit);
  }

  function left(duration) {  // (6.5): the ringing that a switch from rest leaves, in units of (3)
    const turn = 2 * J * duration / hbar;
    return Math.abs(Math.cos(turn / 2) / (1 - (turn / Math.PI) ** 2));
  }

  reset();
  return ramped;
}
