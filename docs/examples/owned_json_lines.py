"""Pages with one owner by JSON lines; check them with --ownership ffa --command "python owned_json_lines.py"."""

import json
import sys

from owned import OwnedPages


def answer(question, owned):
    match question:
        case {"op": "musigma"}:
            return {"version": 1, "has": ["ownership", "lend", "retrieve", "relinquish"]}, owned
        case {"op": "init_ownership", "parties": parties, "pages": pages}:
            return {"status": 0}, OwnedPages(parties, pages)
        case {"op": "donate" | "lend" | "share" | "reclaim" as op, "by": by, "other": other, "page": page}:
            return {"status": getattr(owned, op)(by, other, page)}, owned
        case {"op": "retrieve" | "relinquish" as op, "by": by, "page": page}:
            return {"status": getattr(owned, op)(by, page)}, owned
        case {"op": "has", "party": party, "page": page}:
            return {"has": owned.has(party, page)}, owned
    return {"error": "this operation is not known"}, owned


def main():
    owned = None
    for line in sys.stdin:
        reply, owned = answer(json.loads(line), owned)
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
