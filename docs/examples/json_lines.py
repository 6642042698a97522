"""A mapping database that speaks JSON lines; check it with --command "python json_lines.py"."""

import json
import sys

from mapdb import MappingDatabase


def answer(question, database):
    match question:
        case {"op": "musigma"}:
            return {"version": 1, "has": []}, database
        case {"op": "init", "spaces": spaces, "pages": pages, "frames": frames}:
            return {"status": 0}, MappingDatabase(spaces, pages, frames)
        case {"op": "map", "src": src, "dst": dst, "rights": rights}:
            return {"status": database.map(*src, *dst, rights)}, database
        case {"op": "grant", "src": src, "dst": dst, "rights": rights}:
            return {"status": database.grant(*src, *dst, rights)}, database
        case {"op": "flush", "src": src, "rights": rights}:
            return {"status": database.flush(*src, rights)}, database
        case {"op": "lookup", "src": src}:
            frame, rights = database.lookup(*src) or (-1, 0)
            return {"frame": frame, "rights": rights}, database
    return {"error": "this operation is not known"}, database


def main():
    database = None
    for line in sys.stdin:
        reply, database = answer(json.loads(line), database)
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
