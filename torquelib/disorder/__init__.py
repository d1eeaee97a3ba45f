"""Electrons among impurities, for bands ε(k) + sJ: what the random potential does to the torque.

`impurities` says what scatters, `fermi` integrates over Fermi lines, `vertex` is the paper's ladder (13)–(18);
`bloch_spiral` is the planar spiral without its gauge field, on which `torus` (exact diagonalisation), `boltzmann` and
`scba` confirm each other; `sea` follows ten thousand electrons one by one, in the page as well. `drag` is what a
texture that is not coplanar takes from a current.
"""
