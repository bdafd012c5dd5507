// Names of networks that are not just names.

/** No network at all. */
export const NO_NETWORK = 'none'
/** The engine's name for the default network: Docker, then Podman. */
export const DEFAULT_NETWORKS: readonly string[] = ['bridge', 'podman']
// Words that engines treat as a network mode instead of a name, and networks that a Swarm creates for itself.
const SPECIAL = ['default', 'host', 'nat', 'ns', 'private', 'pasta', 'slirp4netns', 'ingress', 'docker_gwbridge']

/** Reserved names, which no request may use. */
export const RESERVED_NETWORKS: readonly string[] = [NO_NETWORK, ...DEFAULT_NETWORKS, ...SPECIAL]

/** Begins the name of every bridge that isolates an owner: the rules of the firewall apply to these. */
export const BRIDGE_PREFIX = 'brth-'
