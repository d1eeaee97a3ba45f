"""What a run returns."""

import numpy as np

from .. import _validate as check


class Record(dict):
    """What the observers returned: `record.t` (n,) in s,
    and `record["name"]` with one entry a time, also as `record.name`.

    An observer that returns a dict gives a dict of arrays."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the record holds {', '.join(self)}; not {name!r}") from None

    def to_pandas(self):
        """A `pandas.DataFrame` with the times in s as index. A number a time is a column; a vector is one column a
        component, "m_x", "m_y", "m_z" for three, else "x_0", "x_1", …; a dict one a key, "energy.total". Snapshots,
        which have more axes, are left out. Raises ImportError without pandas."""
        pandas = check.optional("pandas", "tables", "Record.to_pandas")
        flat = {}
        for name, value in self.items():
            flat.update({f"{name}.{key}": one for key, one in value.items()} if isinstance(value, dict)
                        else {name: value})
        columns = {}
        for name, value in flat.items():
            if value.ndim == 2:
                places = "xyz" if value.shape[1] == 3 else range(value.shape[1])
                columns.update({f"{name}_{place}": value[:, k] for k, place in enumerate(places)})
            elif value.ndim == 1 and name != "t":
                columns[name] = value
        return pandas.DataFrame(columns, index=pandas.Index(self["t"], name="t"))

    def __repr__(self):
        parts = ", ".join(f"{k} {np.shape(v)}" if not isinstance(v, dict) else f"{k} {{{', '.join(v)}}}"
                          for k, v in self.items())
        return f"Record of {len(self['t'])} times: {parts}"


def stacked(entries):
    """Entries of one observer as an array, or as a dict of arrays if they are dicts. Lists of different length, as of
    the walls that are there, are filled up with nan."""
    if entries and isinstance(entries[0], dict):
        return {key: np.array([e[key] for e in entries]) for key in entries[0]}
    lengths = {len(entry) if np.ndim(entry) == 1 else None for entry in entries}
    if len(lengths) > 1 and None not in lengths:
        entries = [np.append(entry, np.full(max(lengths) - len(entry), np.nan)) for entry in entries]
    return np.array(entries)


def unstacked(values):
    """The entries of which `stacked` made values."""
    if isinstance(values, dict):
        return [dict(zip(values, entry)) for entry in zip(*values.values())]
    return list(values)
