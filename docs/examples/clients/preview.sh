#!/usr/bin/env bash
# A preview environment for each branch, in a pipeline: BERTH_URL and BERTH_TOKEN say where. It replaces the branch's last one.
set -euo pipefail
branch=$(git rev-parse --abbrev-ref HEAD | tr -c 'a-zA-Z0-9\n' '-' | cut -c1-40)
berth rm --force "preview-$branch" 2>/dev/null || true
berth run . --name "preview-$branch" --label "branch=$branch" --ttl 3d --wait http
