"""What a run returns."""

import numpy as np


class Record(dict):
    """What the observers returned: `record.t` (n,) in s,
    and `record["name"]` with one entry a time, also as `record.name`.

    An observer that returns a dict gives a dict of arrays."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the record holds {', '.join(self)}; not {name!r}") from None

    def __repr__(self):
        parts = ", ".join(f"{k} {np.shape(v)}" if not isinstance(v, dict) else f"{k} {{{', '.join(v)}}}"
                          for k, v in self.items())
        return f"Record of {len(self['t'])} times: {parts}"


def stacked(entries):
    """Entries of one observer as an array, or as a dict of arrays if they are dicts."""
    if entries and isinstance(entries[0], dict):
        return {key: np.array([e[key] for e in entries]) for key in entries[0]}
    return np.array(entries)


def unstacked(values):
    """The entries of which `stacked` made values."""
    if isinstance(values, dict):
        return [dict(zip(values, entry)) for entry in zip(*values.values())]
    return list(values)
