// One spin that flies through a planar spiral, Eq. (1.1), on the axes e_θ, ŷ, m that turn with it: b = J m − ħvp/2 ŷ.
function flyingSpin({p, hbar}) {
  const flight = {x: 0, t: 0, v: 0, J: 1, spin: [0, 0, 1], reset, step, lean, lab};

  function lean() {  // b/|b| for a minority electron, |b| in eV
    const across = -hbar * flight.v * p / 2, size = Math.hypot(across, flight.J);
    return {b: [0, across / size, flight.J / size], size};
  }

  function reset(leaning) {
    flight.x = flight.t = 0;
    flight.spin = leaning ? lean().b : [0, 0, 1];
  }

  function step(h) {  // exact for constant v and J
    const {b: [, ny, nz], size} = lean(), turn = 2 * size * h / hbar, cos = Math.cos(turn), sin = Math.sin(turn);
    const [x, y, z] = flight.spin, along = (1 - cos) * (ny * y + nz * z);
    flight.spin = [cos * x + sin * (ny * z - nz * y), cos * y + sin * nz * x + along * ny,
      cos * z - sin * ny * x + along * nz];
    flight.x += flight.v * h;
    flight.t += h;
  }

  function lab() {
    const [x, y, z] = flight.spin, cos = Math.cos(p * flight.x), sin = Math.sin(p * flight.x);
    return [cos * x + sin * z, y, cos * z - sin * x];
  }

  return flight;
}
