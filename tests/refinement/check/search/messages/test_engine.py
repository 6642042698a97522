"""What a check says of messages: whether they were compared, what it rests on, and what conforms."""

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest

from model.messages.operation import Kind, Operation
from model.messages.readings import CANONICAL_MESSAGES, MESSAGE_DIALECTS
from model.messages.scope import MessageScope, set_of
from refinement.check import Conformance, Target, TargetError, as_c, as_pytest, as_text, check, replay_messages
from refinement.check.finding.finding import Failure
from refinement.check.finding.message_finding import MessageFinding
from refinement.check.messages.steps import Program, RecordedMessages, from_json
from refinement.check.search.messages.plan import PAIR, is_needed, parts
from refinement.check.search.messages.search import Talking
from refinement.check.target.message_calls import MessageCall
from tests import EXAMPLES, ROOT

SCHEMA = ROOT / "proofs" / "report" / "writers" / "check.schema.json"
SCOPE = MessageScope(2, 1, 1, threads=2, ids=2, words=2, booted=2)
WAITS = Operation(Kind.WAIT, actor=1, willing=set_of(0, 1))
SENDS = Operation(Kind.SEND_MAP, 0, 1, 1, 0, 1)
FINDING = MessageFinding(
    Failure(Conformance.DIVERGES, "it differs */ here"), Program(SCOPE, (WAITS, SENDS)), "canonical", "canonical", "x"
)


@pytest.mark.long
def test_where_messages_are_not_offered_the_report_says_so(reference: Target) -> None:
    report = check(reference, seconds=2.0, seed=1)
    assert report.messages is not None
    assert (report.messages.offers, report.messages.compared) == ((), False)
    assert [remark for remark in report.remarks if remark.startswith("messages were not compared")]
    assert not [phase for phase in report.phases if "messages" in phase.name]
    value = {**json.loads(json.dumps(report.to_json())), "versions": {}, "dialects": None}
    jsonschema.validate(value["messages"], json.loads(SCHEMA.read_text("utf-8"))["properties"]["messages"])


@pytest.mark.long
def test_a_database_that_differs_leaves_messages_out(tmp_path: Path) -> None:
    library = tmp_path / "ipc.so"
    flags = ("-shared", "-fPIC", "-I", str(ROOT / "refinement" / "check"), "-DMUSIGMA_FAULT=EARLY_ASCENT")
    subprocess.run(["cc", *flags, "-o", str(library), str(EXAMPLES / "ipc.c")], check=True)
    report = check(Target("library", str(library)), seconds=60.0, seed=1)  # it ends where something differs
    assert report.messages is not None
    assert len(report.messages.offers) == len(MessageCall)
    assert not report.messages.compared
    assert "messages were not compared: the mapping database differs from the model already" in report.remarks


def test_parts_have_names_of_their_own_and_leave_out_what_is_not_offered() -> None:
    for dialect in MESSAGE_DIALECTS.values():
        names = [part.name for part in parts(dialect.readings, tuple(MessageCall))]
        assert len(names) == len(set(names))
    few = list(parts(CANONICAL_MESSAGES.readings, (MessageCall.WAIT,)))
    assert not [part for part in few if part.scope.hardware or part.scope.threads > part.scope.booted]
    assert [part.length for part in few if is_needed(part) and part.scope == PAIR] == [1, 2]


def test_nothing_conforms_before_what_is_needed_was_gone_through() -> None:
    assert not Talking().is_enough
    assert not Talking(needed={"a": True}).is_enough
    assert not Talking(needed={"a": True, "b": False}, walked=True).is_enough
    assert Talking(needed={"a": True}, walked=True).is_enough


def test_a_finding_is_kept_as_a_file_a_text_and_a_test() -> None:
    assert from_json(FINDING.kept()).program == FINDING.program
    assert as_text(FINDING).splitlines()[-1].strip() == "it differs */ here"
    written = as_pytest(FINDING, Target("library", "/a/b.so"), Path("/a"))
    compile(written, "test", "exec")
    assert "replay_messages" in written


@pytest.mark.parametrize(("fault", "status"), [("NO_IPC_FAULT", 0), ("WINDOW_IGNORED", 1)])
def test_the_c_program_fails_where_the_library_does(tmp_path: Path, fault: str, status: int) -> None:
    (tmp_path / "main.c").write_text(as_c(FINDING), "utf-8")
    include = ("-I", str(ROOT / "refinement" / "check"))
    library, main = tmp_path / "ipc.so", tmp_path / "main"
    built = ("cc", "-shared", "-fPIC", *include, f"-DIPC_FAULT={fault}", "-o", str(library), str(EXAMPLES / "ipc.c"))
    subprocess.run(built, check=True)
    subprocess.run(["cc", "-Wall", *include, "-o", str(main), str(tmp_path / "main.c"), str(library)], check=True)
    done = subprocess.run([str(main)], capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert ("musigma_send returned 0; it should be 1" in done.stdout) == (status == 1)


def test_a_replay_needs_a_target_with_messages(reference: Target) -> None:
    with pytest.raises(TargetError, match="messages were not compared"):
        replay_messages(reference, RecordedMessages(FINDING.program, "canonical", "canonical"))


@pytest.mark.long
def test_what_cannot_be_asked_is_undecided_and_no_pass(tmp_path: Path) -> None:
    library = tmp_path / "ipc.so"
    include = ("-I", str(ROOT / "refinement" / "check"))
    subprocess.run(["cc", "-shared", "-fPIC", *include, "-o", str(library), str(EXAMPLES / "ipc.c")], check=True)
    target = Target("library", str(library))
    nobody = Program(SCOPE, (WAITS, Operation(Kind.WAIT, actor=0, willing=0)))
    report = replay_messages(target, RecordedMessages(nobody, "canonical", "canonical"))
    assert (report.verdict, report.exit_status, report.step) == (Conformance.UNDECIDED, 3, 2)
    whole = replay_messages(target, RecordedMessages(nobody[:1], "canonical", "canonical"))
    assert (whole.verdict, whole.exit_status) == (None, 0)
    assert replay_messages(target, RecordedMessages(nobody[:0], "canonical", "canonical")).exit_status == 3
