// A login in the form of the engine: a header.

import { DOCKER_HUB, parseReference } from '../../lib/reference.ts'
import type { RegistryLogin } from '../contract/registry-login.ts'

/** The engine uses the name of the image; this is only the value of `docker login`. */
const HUB_ADDRESS = 'https://index.docker.io/v1/'

export function registryAuth(reference: string, login: RegistryLogin | undefined): Record<string, string> {
  const config = login ? authConfig(reference, login) : {}
  // With padding: without it the engine silently ignores the login.
  const text = Buffer.from(JSON.stringify(config)).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
  return { 'X-Registry-Auth': text }
}

function authConfig(reference: string, login: RegistryLogin): object {
  const registry = parseReference(reference)?.registry
  if (registry !== login.registry) throw new Error(`a login for ${login.registry} is not one for ${registry}`)
  const secret = login.reveal()
  return {
    serveraddress: registry === DOCKER_HUB ? HUB_ADDRESS : registry,
    ...('password' in secret ? secret : { identitytoken: secret.identityToken })
  }
}
