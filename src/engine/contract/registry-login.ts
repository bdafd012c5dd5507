/** The login of one registry, by host and port. */
export type RegistryLogin = {
  registry: string
  reveal(): { username: string; password: string } | { identityToken: string }
}
