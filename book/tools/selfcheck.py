"""Checks for the students' notebooks: they say what is wrong with a number, and not what is right.

`exercises.json`, written beside this file by `students.py`, holds for each blank the digest of the right number.
"""

import hashlib
import json
import math
from pathlib import Path

FEW = 5  # units of the last digit: a larger number may be off by one of them
GUESSES = (
    ("has the wrong sign", [-1.0]),
    ("is off by a factor of two", [2.0, 0.5, -2.0, -0.5]),
    ("is off by a power of ten: look at the units", [sign * 10.0**n for n in range(-30, 31) for sign in (1, -1)]),
)
_shown = {}


def digest(label, blank, value, unit):
    """Return a digest of `value` in units of its last digit; of a word or of True and False as they are."""
    written = value if unit is None else round(value / unit)
    return hashlib.sha256(f"{label} {blank} {written}".encode()).hexdigest()[:16]


def _fits(label, blank, value):
    wanted = _exercise(label)["blanks"][blank]
    unit = wanted["unit"]
    if unit is None:
        return digest(label, blank, str(value), None) == wanted["digest"]
    if not _is_number(value):
        return False
    units = round(float(value) / unit)
    near = (0, -1, 1) if abs(units) >= FEW else (0,)
    return any(digest(label, blank, (units + step) * unit, unit) == wanted["digest"] for step in near)


def _is_number(value):
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError):
        return False


def _fault(label, blank, value):
    """Say in words what is wrong with `value`, or return nothing."""
    if _fits(label, blank, value):
        return None
    wanted = _exercise(label)["blanks"]
    if wanted[blank]["unit"] is not None and _is_number(value):
        for words, factors in GUESSES:
            if any(_fits(label, blank, factor * float(value)) for factor in factors):
                return words
    others = [other + 1 for other in range(len(wanted)) if other != blank and _fits(label, other, value)]
    return f"belongs into blank {others[0]}" if others else "is not it"


def _exercise(label):
    exercises = json.loads(Path(__file__).with_name("exercises.json").read_text(encoding="utf-8"))
    if label not in exercises:
        raise ValueError(f"label must be that of an exercise, such as {next(iter(exercises))!r}; got {label!r}")
    return exercises[label]


def check(label, answers):
    """Check the answers to an exercise, in the order of its blanks.

    Raises
    ------
    NotImplementedError
        If there are none yet.
    AssertionError
        If their number is wrong, or one of them; the message says in which way.
    """
    exercise, answers = _exercise(label), list(answers)
    count = len(exercise["blanks"])
    if not answers:
        raise NotImplementedError(f"{exercise['name']} is not solved yet: it asks for {count} answers, in the order of "
                                  f"the blanks. selfcheck.hint({label!r}) helps, a step at a time.")
    if len(answers) != count:
        raise AssertionError(f"{exercise['name']} asks for {count} answers, one for each blank; got {len(answers)}")
    faults = [(blank, _fault(label, blank, value)) for blank, value in enumerate(answers)]
    wrong = [f"  [{blank + 1}] {fault}" for blank, fault in faults if fault]
    if wrong:
        raise AssertionError("\n".join([f"{exercise['name']}, {len(wrong)} of {count}:", *wrong]))
    print(f"{exercise['name']}: all {count} are right.")


def hint(label):
    """Print the next hint to an exercise."""
    hints = _exercise(label)["hints"]
    step = _shown[label] = min(_shown.get(label, 0) + 1, len(hints))
    print(f"Hint {step} of {len(hints)}: {hints[step - 1]}")
