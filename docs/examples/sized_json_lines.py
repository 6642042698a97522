"""A mapping database with ranges that speaks JSON lines; check it with --command "python sized_json_lines.py"."""

import json
import sys

from sized import SizedDatabase


def answer(question, database):
    match question:
        case {"op": "musigma"}:
            return {"version": 1, "has": ["map2", "grant2", "flush2", "lookup2"]}, database
        case {"op": "init2", "spaces": spaces, "pages": pages, "frames": frames, "orders": orders}:
            return {"status": 0}, SizedDatabase(spaces, pages, frames, orders)
        case {"op": "map2", "src": src, "dst": dst, "offset": offset, "rights": rights}:
            return {"status": database.map2(src, dst, offset, rights)}, database
        case {"op": "grant2", "src": src, "dst": dst, "offset": offset, "rights": rights}:
            return {"status": database.grant2(src, dst, offset, rights)}, database
        case {"op": "flush2", "src": flushed, "rights": rights, "own": own}:
            return {"status": database.flush2(flushed, rights, own)}, database
        case {"op": "lookup2", "src": src}:
            frame, rights, order = database.lookup2(*src) or (-1, 0, 0)
            return {"frame": frame, "rights": rights, "order": order}, database
    return {"error": "this operation is not known"}, database


def main():
    database = None
    for line in sys.stdin:
        reply, database = answer(json.loads(line), database)
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
