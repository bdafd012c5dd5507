// What a token may be allowed. Every route names the one it needs; `open` ones need none.

export const SCOPES = ['read', 'files', 'containers:write', 'builds:write', 'images:write', 'exec', 'admin'] as const

export type Scope = (typeof SCOPES)[number]
export type Need = Scope | 'open'

declare module 'fastify' {
  interface FastifyContextConfig {
    scope?: Need
    /** A GET that changes something all the same, as older systems have them, or a POST that by itself changes nothing. */
    isChange?: boolean
    /** Its body is as large as a file: it may take long to arrive, as long as it moves. */
    isUpload?: true
  }
}
