"""Attacks a server in all the ways that are known, and says what came of each: see script/attack."""

import importlib
import sys
import time

from harness import ATTACKS

for module in ("memory", "fairness", "endings", "models"):
    importlib.import_module(module)


def main(wanted):
    unknown = [name for name in wanted if name not in {name for name, _, _ in ATTACKS}]
    if unknown:
        print("no such attack: " + ", ".join(unknown), file=sys.stderr)
        print("there are: " + ", ".join(name for name, _, _ in ATTACKS), file=sys.stderr)
        return 2
    began, rows = time.monotonic(), []
    for name, promise, function in ATTACKS:
        if wanted and name not in wanted:
            continue
        print(f"… {name}", file=sys.stderr, flush=True)
        try:
            outcome = function()
            verdict = {True: "held", False: "BROKEN", None: "skipped"}[outcome.held]
            rows.append((verdict, name, promise, outcome.measured))
        except Exception as problem:  # one attack that fails does not end the others
            rows.append(("BROKEN", name, promise, f"{type(problem).__name__}: {problem}"))
    width = max(len(name) for _, name, _, _ in rows)
    for verdict, name, promise, measured in rows:
        print(f"{verdict:8} {name:{width}}  {promise}\n{'':8} {'':{width}}  -> {measured}")
    count = {verdict: sum(1 for row in rows if row[0] == verdict) for verdict in ("held", "BROKEN", "skipped")}
    seconds = time.monotonic() - began
    print(f"{count['held']} held, {count['BROKEN']} broken, {count['skipped']} skipped, in {seconds:.0f} s")
    return 1 if count["BROKEN"] else 0


sys.exit(main(sys.argv[1:]))
