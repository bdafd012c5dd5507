"""Plays the table of calls by the Python client, then a few things by hand; prints what came of each, as JSON."""

import json
import sys
from pathlib import Path

from berth import Berth, BerthError

berth = Berth(sys.argv[1])
outcomes = []


def pick(answer, picks):
    rows = [{name: row[name] for name in picks} for row in (answer if isinstance(answer, list) else [answer])]
    return rows if isinstance(answer, list) else rows[0]


for row in json.loads(Path(__file__).with_name("calls.json").read_text()):
    given = dict(row.get("given", {}))
    if "form" in given:
        given["form"] = {**given["form"], "file": given["form"]["file"].encode()}
    try:
        outcomes.append(pick(berth.call(row["call"], **given), row.get("picks", [])))
    except BerthError as error:
        outcomes.append(error.code)

with berth.container({"name": "scoped"}) as box:
    events = berth.stream("getContainerLogs", id=box["id"], follow=True)
    berth.stop_container(id=box["id"], timeout=0)
    ended = [event.event for event in events][-1]
gone = len(berth.list_containers(name="scoped"))
typed = berth.wait_for_container.__annotations__["for_"]
try:
    Berth("http://127.0.0.1:9", tries=1).get_health()
except BerthError as error:
    lost = error.code
print(json.dumps({"outcomes": outcomes, "byHand": {"ended": ended, "gone": gone, "lost": lost, "hasKeyword": "exited" in typed}}))
