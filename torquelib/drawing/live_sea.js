// Electrons one by one: the equation of motion of torquelib.disorder.sea, for the reader's browser.
function electronSea({p, J, E_F, tau, number, seed, hbar, m_e}) {
  const pairs = number / 2, majority = Math.round(pairs * (E_F + J) / (2 * E_F));
  const [kx, ky, sx, sy, sz, shell] = Array.from({length: 6}, () => new Float64Array(number));
  const band = new Int8Array(number), hit = new Uint8Array(number), random = new Uint32Array(pairs);
  const slope = hbar ** 2 * p / (2 * m_e), mean = [0, 0, 0];
  const radii = [Math.sqrt(2 * m_e * (E_F + J)) / hbar, Math.sqrt(2 * m_e * (E_F - J)) / hbar];

  function draw(i) {  // xorshift32, one for each pair
    let x = random[i];
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    random[i] = x;
    return (x >>> 0) / 2 ** 32;
  }

  function reset() {
    sea.t = 0;
    for (let i = 0; i < pairs; i++) {
      const minority = i < majority ? 0 : 1, first = minority ? majority : 0;
      const n = minority ? pairs - majority : majority;
      const radius = radii[minority] * Math.sqrt((i - first + 0.5) / n), angle = Math.PI * (Math.sqrt(5) - 1) * i;
      for (const [j, sign] of [[i, 1], [i + pairs, -1]]) {
        kx[j] = sign * radius * Math.cos(angle);
        ky[j] = sign * radius * Math.sin(angle);
        shell[j] = radius;
        band[j] = minority ? 1 : -1;
        const across = -slope * kx[j], size = Math.sqrt(across ** 2 + J ** 2);
        sx[j] = 0;
        sy[j] = band[j] * across / size;
        sz[j] = band[j] * J / size;
      }
      random[i] = (Math.imul(i + 1, 2654435761) ^ seed * 40503 % 2 ** 32) | 1;
      for (let n = 0; n < 8; n++) draw(i);
    }
  }

  function scatter(j, angle, keeps) {
    let across = -slope * kx[j], size = Math.sqrt(across ** 2 + J ** 2);
    const along = (across * sy[j] + J * sz[j]) / size;
    kx[j] = shell[j] * Math.cos(angle);
    ky[j] = shell[j] * Math.sin(angle);
    hit[j] = 1;
    if (keeps === "state") {
      across = -slope * kx[j];
      size = Math.sqrt(across ** 2 + J ** 2);
      sx[j] = 0;
      sy[j] = along * across / size;
      sz[j] = along * J / size;
    }
  }

  function step(dt, E, keeps) {
    const drift = E * dt / hbar;
    for (let j = 0; j < number; j++) {
      kx[j] -= drift / 2;
      const across = -slope * kx[j], size = Math.sqrt(across ** 2 + J ** 2), turn = 2 * dt / hbar * size;
      const ny = across / size, nz = J / size, cos = Math.cos(turn), sin = Math.sin(turn);
      const x = sx[j], y = sy[j], z = sz[j], along = (1 - cos) * (ny * y + nz * z);
      sx[j] = cos * x + sin * (ny * z - nz * y);
      sy[j] = cos * y + sin * nz * x + along * ny;
      sz[j] = cos * z - sin * ny * x + along * nz;
      kx[j] -= drift / 2;
    }
    if (keeps) {
      const probability = 1 - Math.exp(-dt / sea.tau);
      for (let i = 0; i < pairs; i++) {
        if (draw(i) >= probability) continue;
        const angle = 2 * Math.PI * draw(i);
        scatter(i, angle, keeps);
        scatter(i + pairs, angle + Math.PI, keeps);
      }
    }
    sea.t += dt;
    mean.fill(0);
    for (let j = 0; j < number; j++) {
      mean[0] += sx[j];
      mean[1] += sy[j];
      mean[2] += sz[j];
    }
    for (let i = 0; i < 3; i++) mean[i] /= number;
  }

  function intrinsic(E) {
    return hbar ** 2 * E * p / (4 * m_e * J ** 2) * (1 - 2 * majority / pairs);
  }

  function expected(E, keeps) {
    const beta = hbar / (2 * J * sea.tau), clean = intrinsic(E);
    if (keeps === "spin") return [0, clean / beta];
    return [clean / (1 + beta ** 2), clean / beta / (1 + beta ** 2)];
  }

  const sea = {t: 0, tau, kx, ky, sx, sy, sz, band, hit, mean, radii, reset, step, intrinsic, expected};
  reset();
  return sea;
}
