// Extracts known phrases from a registry's refusal and drops the rest. Any server at the address may call itself a
// registry, and the engine repeats its whole answer.

const WORDS = [
  'connection refused',
  'connection reset by peer',
  'no such host',
  'server misbehaving',
  'network is unreachable',
  'no route to host',
  'broken pipe',
  'use of closed network connection',
  'i/o timeout',
  'TLS handshake timeout',
  'context deadline exceeded',
  'server gave HTTP response to HTTPS client',
  'certificate signed by unknown authority',
  'certificate has expired or is not yet valid',
  'certificate is not valid',
  'manifest unknown',
  'name unknown',
  'name invalid',
  'pull access denied',
  'push access denied',
  'requested access to the resource is denied',
  'denied',
  'insufficient_scope',
  'unauthorized',
  'authentication required',
  'no basic auth credentials',
  'incorrect username or password',
  'toomanyrequests',
  'too many requests',
  'does not exist locally',
  'tag does not exist',
  'no such image',
  'image not known',
  'not found'
]
const STATUS = /(?:[Ss]tatus(?: ?[Cc]ode)?:?|\bHTTP|unexpected status from [^ ]+ request to [^ ]+:|[^ ]:) (\d{3})\b/g

/** In the order of the list; empty when nothing that it said is known. */
export function knownReasons(text: string): string {
  const said = text.toLowerCase()
  const found = WORDS.filter((word) => said.includes(word.toLowerCase()))
  const words = found.filter((word) => !found.some((other) => other !== word && other.includes(word)))
  if (/\bEOF$/.test(text)) words.push('the connection was closed')
  for (const [, status] of text.matchAll(STATUS)) words.push(`HTTP status ${status}`)
  return [...new Set(words)].join(', ')
}
