// Minority electrons in a drifting planar spiral: (A5) of torquelib.spirals, at the place x + Δx that Eq. (4) names.
function spiralSpins({p, J, hbar, m_e}) {
  const spiral = {phase: 0, omega: 0, step, m, spin, lean, shift};
  const across = k => hbar ** 2 * k * p / (2 * m_e) + hbar * spiral.omega / 2;  // Q + ħω/2

  function step(h) {
    spiral.phase += spiral.omega * h;
  }

  function m(x) {
    const angle = p * x + spiral.phase;
    return [Math.sin(angle), 0, Math.cos(angle)];
  }

  function lean(k) {
    return Math.atan2(across(k), J);
  }

  function shift(k, E) {  // Δx of (4) for a spin that leans: times cos² of the lean
    return hbar ** 2 * E * Math.cos(lean(k)) ** 2 / (4 * m_e * J ** 2);
  }

  function spin(x, k, moved) {
    const [mx, , mz] = m(x + moved), out = lean(k);
    return [Math.cos(out) * mx, -Math.sin(out), Math.cos(out) * mz];
  }

  return spiral;
}
