"""Runs a program that nobody trusts: no network, little memory, an end; and gives back the files it made.
The server must have been started with BERTH_EXEC=true, since it writes the program into the container.

    python3 sandbox.py program.py result.json
"""

import os
import sys
from pathlib import Path

from berth import Berth, BerthError

program, *outputs = sys.argv[1:]
berth = Berth()
body = {
    "image": os.environ.get("SANDBOX_IMAGE", "python:3.13-alpine"),
    "command": ["python", "/tmp/program.py"],
    "working_dir": "/tmp",
    "network": "none",
    "ports": [],
    "memory": "256m",
    "cpus": 0.5,
    "start": False,
    "ttl": "10m",
}
with berth.container(body) as box:
    berth.request("writeContainerFile", data=Path(program).read_bytes(), id=box["id"], path="/tmp/program.py")
    berth.start_container(id=box["id"])
    try:
        berth.wait_for_container(id=box["id"], for_="exited", timeout_seconds=60)
    except BerthError as error:
        print(error, file=sys.stderr)
    for line in berth.get_container_logs(id=box["id"], format="json")["lines"]:
        print(line["line"], file=sys.stderr if line["stream"] == "stderr" else sys.stdout)
    for name in outputs:
        Path(name).write_bytes(berth.request("readContainerFiles", {"accept": "*/*"}, id=box["id"], path=f"/tmp/{name}").read())
