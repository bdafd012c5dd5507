// Names of networks that are not just names.

/** No network at all. */
export const NO_NETWORK = 'none'
/** What the engine calls the network of a container that names none: Docker, then Podman. */
export const DEFAULT_NETWORKS: readonly string[] = ['bridge', 'podman']
// Words that engines take for a way to be on a network and not for the name of one, and what a Swarm makes for itself.
const SPECIAL = ['default', 'host', 'nat', 'ns', 'private', 'pasta', 'slirp4netns', 'ingress', 'docker_gwbridge']

/** What nobody may call a network of theirs, nor ask for. */
export const RESERVED_NETWORKS: readonly string[] = [NO_NETWORK, ...DEFAULT_NETWORKS, ...SPECIAL]
