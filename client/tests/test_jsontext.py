"""Our way to JSON agrees with the standard library's."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aniate import jsontext

_PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_VALUE = st.recursive(_PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(_VALUE, st.booleans())
def test_what_is_written_is_read_by_both(value: object, ascii_only: bool) -> None:
    text = jsontext.dumps(value, ascii_only)
    assert json.loads(text) == value
    assert jsontext.loads(text) == value
    assert jsontext.loads(f" \r\n\t{json.dumps(value, indent=1)}\n") == value


@given(st.text(st.sampled_from('{}[]",:0123456789.eE-+ \\ntruefalsenullNaN\n"')))
def test_what_is_no_json_to_one_is_none_to_the_other(text: str) -> None:
    try:
        expected = json.loads(text, parse_constant=lambda name: json.loads("!" + name))
    except ValueError:
        with pytest.raises(ValueError):
            jsontext.loads(text)
    else:
        assert jsontext.loads(text) == expected


def test_a_number_too_large_for_us_is_nothing_in_our_json() -> None:
    assert jsontext.dumps(jsontext.loads("[1e999, -1e999]")) == "[null, null]"


def test_deep_nesting_is_an_error_and_no_crash() -> None:
    with pytest.raises(ValueError):
        jsontext.loads("[" * 200_000)


@pytest.mark.parametrize("text", ["[]", "1", '"a"', "null", ""])
def test_only_an_object_is_an_object(text: str) -> None:
    with pytest.raises(ValueError):
        jsontext.load_object(text)


def test_an_interpreter_without_the_c_half_is_served_by_json() -> None:
    program = """if True:
        import sys
        sys.modules["_json"] = None
        from aniate import jsontext
        assert jsontext.loads(jsontext.dumps({"é": [1, None, True]}, False)) == {"é": [1, None, True]}
    """
    subprocess.run([sys.executable, "-c", program], check=True)
