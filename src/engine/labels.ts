// The labels Berth puts on what it makes. Nobody else may set a label that starts with the prefix.

const LABEL_PREFIX = 'io.berth.'

export const LABELS = {
  /** "true" on every container, image and volume that Berth made. */
  managed: 'io.berth.managed',
  /** Which Berth made it: the id kept in that server's data folder. */
  instance: 'io.berth.instance',
  /** The id of the token it was made with; none where BERTH_TOKEN or no token was used. */
  owner: 'io.berth.owner',
  /** One try at making a container; finds it again when the engine's answer was lost. */
  attempt: 'io.berth.attempt',
  /** "true" when the create meant to start it: still `created` then means half-made. */
  start: 'io.berth.start',
  idempotencyKey: 'io.berth.idempotency-key',
  requestHash: 'io.berth.request-hash',
  /** What the request asked for. The store has the truth, since it can be renewed; this is for a crash before that was written. */
  ttlSeconds: 'io.berth.ttl-seconds',
  /** The image as the request named it, when the container runs a commit of it. */
  image: 'io.berth.image',
  /** Ids of the containers this one took the place of, newest first, separated by commas. */
  replaces: 'io.berth.replaces',
  /** Volumes that go with the container although it does not own them: those of the container it replaced. */
  anonymousVolumes: 'io.berth.anonymous-volumes'
} as const

export function isReservedLabel(name: string): boolean {
  return name.startsWith(LABEL_PREFIX)
}
