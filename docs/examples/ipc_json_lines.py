"""A kernel with threads and messages that speaks JSON lines; check it with --command "python ipc_json_lines.py"."""

import json
import sys

from ipc import Kernel
from json_lines import answer

OPERATIONS = "wait", "send", "create", "end", "timeout", "page_fault", "interrupt", "associate", "flush_own"


def main():
    kernel = None
    for line in sys.stdin:
        question = json.loads(line)
        op, arguments = question["op"], list(question.values())[1:]
        if op == "musigma":
            reply = {"version": 1, "has": ["init_threads", "thread", *OPERATIONS]}
        elif op == "init":
            reply, kernel = {"status": 0}, Kernel(*arguments)
        elif op == "thread":
            shown = kernel.thread(*arguments) or ("absent", None, None, None)
            reply = dict(zip(("state", "space", "sender", "word"), shown, strict=True))
        elif op in ("init_threads", *OPERATIONS):
            reply = {"status": getattr(kernel, op)(*arguments)}
        else:
            reply, _ = answer(question, kernel)
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
