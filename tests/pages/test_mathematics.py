"""Formulas as the build typesets them: parts of long ones may stand on two lines, and nothing else changes."""

import re

import pytest
from mathematics import Typesetter, breakable


@pytest.fixture(scope="module")
def typesetter():
    engine = Typesetter()
    yield engine
    engine.close()


def parts(formula):
    return [re.findall(r"mjx-c([0-9A-F]+)", part)[-1] for part in formula.split("<mjx-part>")[1:]]


def test_a_long_formula_breaks_after_relations_and_commas_outside_brackets(typesetter):
    formula = typesetter.typeset(r"f(a,b)=\frac{a=b}{c}+\sqrt{x=y},\ g\le h+\mathbf b", False)
    assert parts(formula) == ["3D", "2C", "2264", "1D41B"]  # = , ≤ b


def test_what_stands_in_the_parts_is_the_formula(typesetter):
    formula = typesetter.typeset(r"\mathbf a=(b,c)+\alpha_R\left(\frac12=x\right)=d\times\hbar\omega", False)
    assert formula.count("<mjx-part>") == formula.count("</mjx-part>") == 3
    whole = re.sub("</?mjx-part>", "", formula)
    assert breakable(whole) == formula
    stack = []
    for closing, name in re.findall(r"<(/?)([\w-]+)[^>]*>", formula):
        if closing:
            assert stack.pop() == name
        else:
            stack.append(name)
    assert stack == []


def test_a_short_or_displayed_formula_stays_whole(typesetter):
    assert "mjx-part" not in typesetter.typeset("a=b+c", False)
    assert "mjx-part" not in typesetter.typeset("a+b+c+d+e+f+g=h+i+j+k+l+m=n", True)
