// Logins and timeouts for registries.

import { number, optional } from '../lib/settings.ts'

export const REGISTRY_SETTINGS = {
  registriesFile: optional(
    'BERTH_REGISTRIES_FILE',
    'JSON file with registry logins: host to username and password, or identity_token. Needs mode 600.'
  ),
  registryIdleSeconds: number(
    'BERTH_REGISTRY_IDLE_SECONDS',
    120,
    1,
    3600,
    'Abort a pull or push after this many seconds without progress.'
  ),
  registryTimeoutSeconds: number(
    'BERTH_REGISTRY_TIMEOUT_SECONDS',
    1800,
    1,
    86_400,
    'Abort a pull or push after this many seconds.'
  ),
  dockerhubUsername: optional(
    'DOCKERHUB_USERNAME',
    'User name for Docker Hub, or for the registry of DOCKERHUB_NAMESPACE.'
  ),
  dockerhubPassword: {
    ...optional(
      'DOCKERHUB_PASSWORD',
      'Password or access token of DOCKERHUB_USERNAME. Sent to that one registry only.'
    ),
    secret: true
  },
  dockerhubNamespace: optional(
    'DOCKERHUB_NAMESPACE',
    'Namespace for pushes that name no registry: `team` on Docker Hub, or `registry.example.com/team` elsewhere. Defaults to DOCKERHUB_USERNAME.'
  )
}
