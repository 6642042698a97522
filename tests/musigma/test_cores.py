"""Many cores by the functions that a program imports: counterexamples print, and show a lane a core."""

import pytest

import musigma


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "said"),
    [("cores-no-wait", "5 steps: cores_interrupt__finish"), ("map-races-flush", "the mapping tree is broken")],
)
def test_a_counterexample_has_lanes(name: str, said: str) -> None:
    found = musigma.counterexample(name)
    assert found.passed
    assert said in repr(found)
    assert found.lanes is not None
    assert found.lanes.names[1:] == ("core 0", "core 1")
    assert "core 1" in str(found)
    assert found._repr_html_().startswith("<svg")


@pytest.mark.long
def test_others_have_none() -> None:
    assert musigma.counterexample("not-itself").lanes is None


@pytest.mark.long
def test_a_trace_is_none_of_address_spaces() -> None:
    trace = musigma.counterexample("cores-no-wait").trace
    assert trace is not None
    with pytest.raises(ValueError, match="many cores"):
        musigma.replay(trace.to_json())
