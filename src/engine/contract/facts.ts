// Berth's own facts about a thing that it created.

/** Null where the label is absent. */
export type BerthFacts = {
  /** Whether Berth created it. */
  managed: boolean
  /** The server that created it: the id in that server's store. */
  instance: string | null
  /** The id of the token that created it. Null for BERTH_TOKEN and without a token. */
  owner: string | null
  /** The team of that token. Tokens of a team share what they create. */
  team: string | null
  /** Whether every token may use it. */
  shared: boolean
  /** One try at creating a container, which finds it if the engine's answer was lost. */
  attempt: string | null
  /** Whether the create intended to start it. If so, the state `created` means unfinished. */
  start: boolean
  /** The Idempotency-Key of the request. */
  key: string | null
  requestHash: string | null
  /**
   * The end date in the request. The store is authoritative, since the date can be renewed. The label serves after a crash
   * before the write to the store.
   */
  ttlSeconds: number | null
  /** The image of the request, if the container runs a commit of it. */
  image: string | null
  /** Ids of the containers that this one replaced, newest first. */
  replaces: string[]
  /** Whether the replaced container was running, and must be started again if the replacement fails. */
  resumesOld: boolean
  /** Anonymous volumes of the replaced container, which Berth removes with this one. */
  anonymousVolumes: string[]
}
