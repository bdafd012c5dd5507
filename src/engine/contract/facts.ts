// What Berth knows of a thing that it made.

/** Null where nothing was written. */
export type BerthFacts = {
  /** Whether Berth made it. */
  managed: boolean
  /** Which Berth made it: the id kept in that server's data folder. */
  instance: string | null
  /** The id of the token it was made with; none where BERTH_TOKEN or no token was used. */
  owner: string | null
  /** The team of that token: its tokens share what they make. */
  team: string | null
  /** Whether it is meant for every token. */
  shared: boolean
  /** One try at making a container; finds it again when the engine's answer was lost. */
  attempt: string | null
  /** Whether the create meant to start it: still `created` then means half-made. */
  start: boolean
  /** The Idempotency-Key of the request. */
  key: string | null
  requestHash: string | null
  /**
   * The end date in the request. The store is authoritative, since it can be renewed; this is for a crash before the
   * store was written.
   */
  ttlSeconds: number | null
  /** The image as the request named it, when the container runs a commit of it. */
  image: string | null
  /** Ids of the containers this one took the place of, newest first. */
  replaces: string[]
  /** Whether the replaced container was running, and must be started again if the replacement fails. */
  resumesOld: boolean
  /** Volumes that go with the container although it does not own them: those of the container it replaced. */
  anonymousVolumes: string[]
}
