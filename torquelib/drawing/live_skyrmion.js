// A periodic film with one skyrmion, Eqs. (5), (6): what torquelib.llg computes at a fixed step, for the reader's browser.
function skyrmionFilm({A, K, D, Ms, alpha, cell, cells, gamma, rest: [radius, width]}) {
  const count = cells * cells, charge = -1, film = {u: 0, beta: 0, t: 0, cells, reset, step, position, dissipation, thiele};
  const field = () => [0, 1, 2].map(() => new Float64Array(count));
  const m = field(), total = field(), one = field(), two = field();
  const low = Int32Array.from({length: cells}, (_, i) => (i + cells - 1) % cells);
  const high = Int32Array.from({length: cells}, (_, i) => (i + 1) % cells);
  film.m = m;

  function reset() {  // the profile (11.3), of Néel's kind: down in the middle, outwards on the ring, up far away
    film.t = 0;
    for (let j = 0; j < cells; j++) for (let i = 0; i < cells; i++) {
      const x = (i - (cells - 1) / 2) * cell, y = (j - (cells - 1) / 2) * cell, rho = Math.hypot(x, y), n = j * cells + i;
      const ratio = Math.sinh(rho / width) / Math.sinh(radius / width), size = 1 + ratio ** 2;
      const flat = 2 * ratio / size / rho * Math.sign(D);
      m[0][n] = flat * x;
      m[1][n] = flat * y;
      m[2][n] = (ratio ** 2 - 1) / size;
    }
  }

  // ∂t m = −m × (P + m × Q), P = [γB + (c·∇)m − α(b·∇)m]/(1 + α²), Q = [αγB + (b·∇)m + α(c·∇)m]/(1 + α²);
  // total += weight ∂t m, to = m + next ∂t m
  function stage([X, Y, Z], weight, next, to) {
    const {u, beta} = film, scale = 1 / (1 + alpha ** 2), rate = gamma / Ms, [toX, toY, toZ] = to;
    const [mX, mY, mZ] = m, [totalX, totalY, totalZ] = total;
    const exchange = rate * 2 * A / cell ** 2, dmi = rate * D / cell, easy = rate * 2 * K;
    const b = -u / (2 * cell), p = beta * b - alpha * b, q = b + alpha * beta * b;
    for (let j = 0; j < cells; j++) {
      const row = j * cells, down = low[j] * cells - row, up = high[j] * cells - row, last = row + cells - 1;
      let xw = X[last], yw = Y[last], zw = Z[last], x = X[row], y = Y[row], z = Z[row];
      for (let c = row; c <= last; c++) {
        const e = c < last ? c + 1 : row, n = c + up, s = c + down, xe = X[e], ye = Y[e], ze = Z[e];
        const xn = X[n], yn = Y[n], zn = Z[n], xs = X[s], ys = Y[s], zs = Z[s];
        const dx = xe - xw, dy = ye - yw, dz = ze - zw;
        const fx = exchange * (xe + xw + xn + xs) + dmi * dz;
        const fy = exchange * (ye + yw + yn + ys) + dmi * (zn - zs);
        const fz = exchange * (ze + zw + zn + zs) - dmi * (dx + yn - ys) + easy * z;
        const qx = alpha * fx + q * dx, qy = alpha * fy + q * dy, qz = alpha * fz + q * dz;
        const ux = scale * (fx + p * dx + y * qz - z * qy), uy = scale * (fy + p * dy + z * qx - x * qz);
        const uz = scale * (fz + p * dz + x * qy - y * qx);
        const kx = z * uy - y * uz, ky = x * uz - z * ux, kz = y * ux - x * uy;
        totalX[c] += weight * kx;
        totalY[c] += weight * ky;
        totalZ[c] += weight * kz;
        toX[c] = mX[c] + next * kx;
        toY[c] = mY[c] + next * ky;
        toZ[c] = mZ[c] + next * kz;
        xw = x; yw = y; zw = z;
        x = xe; y = ye; z = ze;
      }
    }
  }

  function step(h) {  // the classical Runge–Kutta method, then unit length
    for (const a of [0, 1, 2]) total[a].set(m[a]);
    stage(m, h / 6, h / 2, one);
    stage(one, h / 3, h / 2, two);
    stage(two, h / 3, h, one);
    stage(one, h / 6, 0, two);
    const [X, Y, Z] = total, [mX, mY, mZ] = m;
    for (let c = 0; c < count; c++) {
      const inverse = 1 / Math.sqrt(X[c] * X[c] + Y[c] * Y[c] + Z[c] * Z[c]);
      mX[c] = X[c] * inverse;
      mY[c] = Y[c] * inverse;
      mZ[c] = Z[c] * inverse;
    }
    film.t += h;
  }

  function position() {  // middle of what points down, in m from the film's middle; the film closes on itself
    let [cx, sx, cy, sy] = [0, 0, 0, 0];
    for (let j = 0; j < cells; j++) for (let i = 0; i < cells; i++) {
      const weight = 1 - m[2][j * cells + i], [px, py] = [i, j].map(k => 2 * Math.PI * (k - (cells - 1) / 2) / cells);
      cx += weight * Math.cos(px);
      sx += weight * Math.sin(px);
      cy += weight * Math.cos(py);
      sy += weight * Math.sin(py);
    }
    return [Math.atan2(sx, cx), Math.atan2(sy, cy)].map(angle => angle * cells * cell / (2 * Math.PI));
  }

  function dissipation() {  // 𝒟 of (11.4) by differences of fourth order: xx, xy, yy
    const product = [0, 0, 0];
    for (const part of m) for (let j = 0; j < cells; j++) for (let i = 0; i < cells; i++) {
      const difference = at => (8 * (at(1) - at(-1)) - at(2) + at(-2)) / 12, wrap = k => (k + cells) % cells;
      const x = difference(k => part[j * cells + wrap(i + k)]), y = difference(k => part[wrap(j + k) * cells + i]);
      product[0] += x * x;
      product[1] += x * y;
      product[2] += y * y;
    }
    return product;
  }

  function thiele() {  // v of (11.4): (G ẑ× + α𝒟) v = (G ẑ× + β𝒟) u, u along x
    const [xx, xy, yy] = dissipation(), G = 4 * Math.PI * charge, {u, beta} = film;
    const a = alpha * xx, b = alpha * xy - G, c = alpha * xy + G, d = alpha * yy, f = beta * xx * u, g = (G + beta * xy) * u;
    return [(d * f - b * g) / (a * d - b * c), (a * g - c * f) / (a * d - b * c)];
  }

  reset();
  return film;
}
