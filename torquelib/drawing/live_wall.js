// A chain of spins with one wall, Eqs. (5), (6): what torquelib.llg computes at a fixed step, for the reader's browser.
function wallChain({A, K, K_hard, Ms, alpha, cell, gamma, cells}) {
  const chain = {A, K, K_hard, Ms, alpha, beta: 0, u: 0, t: 0, shift: 0, reset, step, follow, position, tilt, model};
  const m = new Float64Array(3 * cells), slope = m.slice(), at = m.slice(), sum = m.slice();
  chain.m = m;

  function reset() {
    chain.t = chain.shift = 0;
    for (let i = 0; i < cells; i++) {
      const s = (i - (cells - 1) / 2) * cell / Math.sqrt(chain.A / chain.K);
      m.set([1 / Math.cosh(s), 0, -Math.tanh(s)], 3 * i);
    }
  }

  // ∂t m = −m × (P + m × Q), P = [γB + (c·∇)m − α(b·∇)m]/(1 + α²), Q = [αγB + (b·∇)m + α(c·∇)m]/(1 + α²)
  function torque(state, out) {
    const {u, beta, alpha} = chain, rate = chain.gamma / chain.Ms, scale = 1 / (1 + alpha ** 2);
    const exchange = rate * 2 * chain.A / cell ** 2, easy = rate * 2 * chain.K, hard = rate * 2 * chain.K_hard;
    const b = -u / (2 * cell), p = beta * b - alpha * b, q = b + alpha * beta * b;
    for (let i = 0; i < cells; i++) {
      const j = 3 * i, w = i ? j - 3 : j, e = i < cells - 1 ? j + 3 : j;
      const x = state[j], y = state[j + 1], z = state[j + 2];
      const fx = exchange * (state[e] + state[w]), fy = exchange * (state[e + 1] + state[w + 1]) - hard * y;
      const fz = exchange * (state[e + 2] + state[w + 2]) + easy * z;
      const dx = state[e] - state[w], dy = state[e + 1] - state[w + 1], dz = state[e + 2] - state[w + 2];
      const qx = alpha * fx + q * dx, qy = alpha * fy + q * dy, qz = alpha * fz + q * dz;
      const ux = scale * (fx + p * dx + y * qz - z * qy), uy = scale * (fy + p * dy + z * qx - x * qz);
      const uz = scale * (fz + p * dz + x * qy - y * qx);
      out[j] = z * uy - y * uz;
      out[j + 1] = x * uz - z * ux;
      out[j + 2] = y * ux - x * uy;
    }
  }

  function step(h) {  // the classical Runge–Kutta method, then unit length
    sum.set(m);
    at.set(m);
    [[h / 6, h / 2], [h / 3, h / 2], [h / 3, h], [h / 6, 0]].forEach(([weight, next]) => {
      torque(at, slope);
      for (let j = 0; j < m.length; j++) {
        sum[j] += weight * slope[j];
        at[j] = m[j] + next * slope[j];
      }
    });
    for (let j = 0; j < m.length; j += 3) {
      const length = Math.hypot(sum[j], sum[j + 1], sum[j + 2]);
      for (const a of [0, 1, 2]) m[j + a] = sum[j + a] / length;
    }
    chain.t += h;
  }

  function inside() {
    let total = 0;
    for (let j = 2; j < m.length; j += 3) total += m[j];
    return total * cell / 2;
  }

  function position() {
    return inside() + chain.shift * cell;
  }

  function follow() {  // keep the wall in the middle: cells leave at one end and enter at the other
    for (let way = Math.round(inside() / cell); Math.abs(way) > 8; way -= Math.sign(way)) {
      if (way > 0) {
        m.copyWithin(0, 3);
        m.set([0, 0, -1], m.length - 3);
      } else {
        m.copyWithin(3, 0, m.length - 3);
        m.set([0, 0, 1], 0);
      }
      chain.shift += Math.sign(way);
    }
  }

  function tilt() {
    let x = 0, y = 0;
    for (let j = 0; j < m.length; j += 3) {
      const weight = Math.hypot(m[j], m[j + 1]);
      x += weight * m[j];
      y += weight * m[j + 1];
    }
    return Math.atan2(y, x);
  }

  function model() {  // two coordinates: drift of breakdown and mean velocity, as in torquelib.llg.WallModel
    const {A, K, K_hard, Ms, alpha, beta, u} = chain, width = Math.sqrt(A / K), omega = chain.gamma * K_hard / Ms;
    const kappa = K_hard / K, x = (Math.sqrt(1 + kappa) - 1) / kappa, steady = beta / alpha * u;
    const largest = 2 * Math.sqrt(x * (1 - x)) * width / Math.sqrt(1 + kappa * x);
    const breakdown = beta === alpha ? Infinity : alpha * omega * largest / Math.abs(beta - alpha);
    const excess = ((beta - alpha) * u / width) ** 2 - (alpha * omega) ** 2;
    const turning = Math.sign((beta - alpha) * u) * Math.sqrt(Math.max(excess, 0)) / (1 + alpha ** 2);
    return {steady, breakdown, mean: excess > 0 ? (beta * u - width * turning) / alpha : steady};
  }

  chain.gamma = gamma;
  reset();
  return chain;
}
