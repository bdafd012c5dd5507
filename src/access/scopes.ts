// Scopes of tokens. Every route names the one it needs; `open` routes need none.

export const SCOPES = ['read', 'files', 'containers:write', 'builds:write', 'images:write', 'exec', 'admin'] as const

export type Scope = (typeof SCOPES)[number]
export type Need = Scope | 'open'

declare module 'fastify' {
  interface FastifyContextConfig {
    scope?: Need
    /** A GET of an older system that changes something, or a POST that changes nothing. */
    isChange?: boolean
    /** Its body is as large as a file: it may take long to arrive, as long as it moves. */
    isUpload?: true
  }
}
