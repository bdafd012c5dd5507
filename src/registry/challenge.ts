// What a registry asks of those who want in: the header WWW-Authenticate. Pure. An engine sends a login to whatever address
// stands there, so whoever hands the engine a login has to read it first, and more strictly than the engine.

export type Challenge = { basic: boolean; realms: URL[] }

/** Undefined when it cannot be read without a doubt. */
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

/** Whether a login for the registry may be shown at the address: the registry's own host and port, or one that is known. */
export function isTrustedRealm(realm: URL, origin: URL, authHosts: readonly string[]): boolean {
  if (realm.username !== '' || realm.password !== '') return false
  if (realm.protocol !== 'https:' && realm.protocol !== origin.protocol) return false
  return realm.host === origin.host || authHosts.includes(realm.host)
}
