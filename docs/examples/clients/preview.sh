#!/usr/bin/env bash
# A preview environment for each branch, in a pipeline: BERTH_URL and BERTH_TOKEN say where. Run in the folder of the app, with a
# Dockerfile. A branch has an image and a container of its own; the last preview serves until the new image is built.
set -euo pipefail
# A pipeline often checks out a commit instead of a branch: then say which one it is of.
branch=${BRANCH:-$(git rev-parse --abbrev-ref HEAD)}
preview=preview-$(tr 'A-Z' 'a-z' <<<"$branch" | tr -cs 'a-z0-9\n' '-' | cut -c1-40 | sed 's/^-*//; s/-*$//')
berth build . --tag "$preview"
berth rm --force "$preview" 2>/dev/null || true
berth run "$preview" --name "$preview" --label "branch=$branch" --ttl 3d --wait http
