// The packages that the server needs at run time, and only those, according to the lock file.

import { readFileSync } from 'node:fs'

type Lock = { packages: Record<string, { dev?: true; optional?: true; devOptional?: true }> }

/** The paths of their folders, `node_modules/…`. */
export function productionPackages(): string[] {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock
  const isNeeded = ([path, { dev, optional, devOptional }]: [string, Lock['packages'][string]]) =>
    /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && !dev && !optional && !devOptional
  return Object.entries(packages)
    .filter(isNeeded)
    .map(([path]) => path)
}
