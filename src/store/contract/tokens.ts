export type TokenRow = {
  id: string
  name: string
  hash: string
  /** Separated by commas. */
  scopes: string
  team: string | null
  createdAt: number
  expiresAt: number | null
  lastUsedAt: number | null
}

/** The managed tokens, without the tokens: only their hashes. */
export type TokenStore = {
  /** Oldest first. */
  all(): Promise<TokenRow[]>
  /** Throws if the name is taken. */
  add(row: TokenRow): Promise<void>
  used(id: string, now: number): Promise<void>
  remove(id: string): Promise<void>
  /** Runs the task exclusively among all servers, so its reads stay valid until it writes. */
  alone<T>(task: () => Promise<T>): Promise<T>
}
