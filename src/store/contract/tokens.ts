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
  /** Throws when the name is taken. */
  add(row: TokenRow): Promise<void>
  used(id: string, now: number): Promise<void>
  remove(id: string): Promise<void>
  /** Runs the task while no other server is in one: what it reads stays true until it writes. */
  alone<T>(task: () => Promise<T>): Promise<T>
}
