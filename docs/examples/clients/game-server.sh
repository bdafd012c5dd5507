#!/usr/bin/env bash
# A game server for an evening: UDP and TCP on ports that Berth chooses, its world in a volume that outlives it.
set -euo pipefail
berth run "$1" --name "game-$2" --publish 27015/udp --publish 27015 --volume "world-$2:/data" --memory 2g --ttl 6h
berth inspect "game-$2"
