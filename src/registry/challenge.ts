// Parses a registry's login challenge: the header WWW-Authenticate. Pure. An engine sends a login to the address in it,
// so Berth must parse it first, and more strictly than the engine.

export type Challenge = { basic: boolean; realms: URL[] }

/** Undefined if it is ambiguous. */
export function readChallenge(header: string): Challenge | undefined {
  const realms: URL[] = []
  const bearer = /(?:^|[\s,])bearer(?=[\s,]|$)/i.test(header)
  for (const [, value = ''] of header.matchAll(/realm\s*=\s*("(?:[^"\\]|\\.)*"?|[^\s,]*)/gi)) {
    const address = value.replaceAll(/^"|"$/g, '').replaceAll(/\\(.)/g, '$1')
    // The realm of a Basic challenge is a name for people.
    if (!/:|\//.test(address) && !bearer) continue
    if (!URL.canParse(address)) return undefined
    realms.push(new URL(address))
  }
  if (bearer && realms.length === 0) return undefined
  return { basic: /(?:^|[\s,])basic(?=[\s,]|$)/i.test(header), realms }
}

/** Whether a login for the registry may be sent to the address: the registry's own host and port, or a known one. */
export function isTrustedRealm(realm: URL, origin: URL, authHosts: readonly string[]): boolean {
  if (realm.username !== '' || realm.password !== '') return false
  if (realm.protocol !== 'https:' && realm.protocol !== origin.protocol) return false
  return realm.host === origin.host || authHosts.includes(realm.host)
}
