// The API versions that the engine and Berth have in common. Pure.

// The newest whose answers were read for this code, and the oldest that has all it needs (Docker 20.10, Podman 4).
const NEWEST_API = '1.51'
const OLDEST_API = '1.41'
const RANGE = `API ${OLDEST_API} to ${NEWEST_API}`

/** An engine names its oldest version when it refuses an older one. */
type SpokenVersions = { newest: string; oldest?: string | undefined }

/** The version that both sides speak. Other calls never use unversioned paths, which mean any version of the engine. */
export function agree({ newest, oldest = OLDEST_API }: SpokenVersions): string {
  if (compareVersions(newest, OLDEST_API) < 0)
    throw new Error(
      `the engine speaks API ${newest} at most and Berth ${RANGE}: use a newer engine (Docker 20.10, Podman 4, or later)`
    )
  if (compareVersions(oldest, NEWEST_API) > 0)
    throw new Error(
      `the engine speaks API ${oldest} or newer and Berth ${RANGE}: use a newer Berth, or an engine that still speaks API ${NEWEST_API}`
    )
  return compareVersions(newest, NEWEST_API) < 0 ? newest : NEWEST_API
}

/** "client version 1.51 is too old. Minimum supported API version is 1.54, please upgrade your client to a newer version" */
export function oldestNamedIn(refusal: string): string | undefined {
  return /minimum supported API version is (\d+\.\d+)/i.exec(refusal)?.[1]
}

function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number)
  const [majorB = 0, minorB = 0] = b.split('.').map(Number)
  return majorA - majorB || minorA - minorB
}
