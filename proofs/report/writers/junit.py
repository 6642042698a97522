"""Reports as JUnit XML: each obligation a test case, its clause the class."""

from xml.etree import ElementTree

from proofs.report.writers.describe import evidence_lines, failure_lines, source_of
from proofs.result import Result, Run
from proofs.verdict import Verdict

_ERRORS = (Verdict.UNKNOWN, Verdict.ERROR, Verdict.DISAGREEMENT)


def junit_xml(run: Run, seconds: float) -> str:
    """The run as JUnit XML.

    What is refuted or unproved is a failure; what the tool owes an answer for, or an interrupt left undecided, is an
    error; what the dialect does not claim is skipped.
    """
    cases = [_case(result) for result in run.results]
    cases += [_undecided(name, run.dialect.name) for name in run.undecided]
    suites = ElementTree.Element("testsuites", _counts(cases, seconds) | {"name": f"musigma prove {run.dialect.name}"})
    suite = ElementTree.SubElement(suites, "testsuite", _counts(cases, seconds, skipped=True))
    suite.set("name", run.dialect.name)
    suite.extend(cases)
    lines = evidence_lines(run)
    if lines:
        ElementTree.SubElement(suite, "system-out").text = _printable("\n".join(lines))
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, "unicode", xml_declaration=True) + "\n"


def _counts(cases: list[ElementTree.Element], seconds: float, *, skipped: bool = False) -> dict[str, str]:
    def having(tag: str) -> str:
        return str(sum(case.find(tag) is not None for case in cases))

    counts = {"tests": str(len(cases)), "failures": having("failure"), "errors": having("error")}
    return counts | ({"skipped": having("skipped")} if skipped else {}) | {"time": f"{seconds:.3f}"}


def _case(result: Result) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        {
            "name": result.obligation.id,
            "classname": f"{result.dialect}.{result.obligation.claim}",
            "time": f"{result.seconds:.6f}",
        },
    )
    if result.verdict == Verdict.NOT_CLAIMED:
        ElementTree.SubElement(case, "skipped", {"message": _printable(result.reason)})
    elif not result.verdict.passed:
        tag = "error" if result.verdict in _ERRORS else "failure"
        message = f"{result.verdict.value}: {result.obligation.sentence}"
        details = ElementTree.SubElement(case, tag, {"type": result.verdict.value, "message": _printable(message)})
        path, line = source_of(result.obligation)
        details.text = _printable("\n".join([*failure_lines(result), f"{path}:{line}"]))
    elif result.outcome.certificate:
        ElementTree.SubElement(case, "system-out").text = _printable(result.outcome.certificate)
    return case


def _undecided(name: str, dialect: str) -> ElementTree.Element:
    case = ElementTree.Element("testcase", {"name": name, "classname": f"{dialect}.undecided", "time": "0"})
    ElementTree.SubElement(case, "error", {"type": "undecided", "message": "the run was interrupted before a verdict"})
    return case


def _printable(text: str) -> str:
    """The text without the control characters that XML forbids."""
    return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")
