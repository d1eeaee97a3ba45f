"""What a run returns."""

import numpy as np

from .. import _validate as check


class Record(dict):
    """What the observers returned: `record.t` (n,) in s,
    and `record["name"]` with one entry a time, also as `record.name`.

    An observer that returns a dict gives a dict of arrays. What is missing at a time is nan: an entry that is None, a
    key, the end of a list that is shorter than at other times. What then fits no array, such as a number beside
    vectors, stays as it was returned, in an array of objects."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the record holds {', '.join(self)}; not {name!r}") from None

    def to_pandas(self):
        """A `pandas.DataFrame` with the times in s as index. A number a time is a column; a vector is one column a
        component, "m_x", "m_y", "m_z" for three, else "x_0", "x_1", …; a dict one a key, "energy.total". Snapshots,
        which have more axes, are left out. Raises ImportError without pandas, ValueError where two columns would have
        one name."""
        pandas = check.optional("pandas", "tables", "Record.to_pandas")
        flat = {}
        for name, value in self.items():
            flat.update({f"{name}.{key}": one for key, one in value.items()} if isinstance(value, dict)
                        else {name: value})
        columns = []
        for name, value in flat.items():
            if value.ndim == 2:
                places = "xyz" if value.shape[1] == 3 else range(value.shape[1])
                columns += [(f"{name}_{place}", value[:, k]) for k, place in enumerate(places)]
            elif value.ndim == 1 and name != "t":
                columns += [(name, value)]
        names = [name for name, _ in columns]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"observers must have names that leave a column each; {', '.join(twice)} stands twice")
        return pandas.DataFrame(dict(columns), index=pandas.Index(self["t"], name="t"))

    def __repr__(self):
        parts = ", ".join(f"{k} {np.shape(v)}" if not isinstance(v, dict) else f"{k} {{{', '.join(map(str, v))}}}"
                          for k, v in self.items())
        return f"Record of {len(self['t'])} times: {parts}"


def stacked(entries):
    """Entries of one observer as an array, or as a dict of arrays, one for each key that occurs, if they are dicts.
    What lacks, a None or a key, is nan; shorter arrays, as of the walls that are there, are filled up with nan. Entries
    that fit no array of numbers stay as they are, in an array of objects."""
    present = [entry for entry in entries if entry is not None]
    if present and all(isinstance(entry, dict) for entry in present):
        keys = dict.fromkeys(key for entry in present for key in entry)
        return {key: _filled([None if entry is None else entry.get(key) for entry in entries]) for key in keys}
    return _filled(entries)


def _filled(entries):
    try:
        arrays = [np.asarray(np.nan if entry is None else entry) for entry in entries]
        if len({array.shape for array in arrays}) <= 1:
            return np.stack(arrays) if arrays else np.array([])
        found = [array for array in arrays if array.ndim or not np.isnan(array)]       # a nan alone is nothing, too
        out = np.full((len(arrays), *np.max([array.shape for array in found], axis=0)), np.nan,
                      dtype=np.result_type(float, *found))
        for place, array in zip(out, arrays):
            if array.ndim:
                place[tuple(map(slice, array.shape))] = array
    except (TypeError, ValueError):                        # entries that are no numbers, or differ in their axes
        out = np.empty(len(entries), dtype=object)
        for n, entry in enumerate(entries):
            out[n] = entry
    return out


def unstacked(values):
    """The entries of which `stacked` made values."""
    if isinstance(values, dict):
        return [dict(zip(values, entry)) for entry in zip(*values.values())]
    return list(values)
