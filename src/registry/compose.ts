// Combines the parts of registries.

import type { Config } from '../config.ts'
import { registryOf, registryOfImage } from '../lib/reference.ts'
import { createLogins } from './logins.ts'
import { createRegistryRules } from './rules.ts'
import { createRegistryService } from './service.ts'

type Options = {
  config: Config
  dockerConfigFile: string | undefined
  list: Parameters<typeof createRegistryRules>[0]['list']
  holderOf: Parameters<typeof createRegistryRules>[0]['holderOf']
  engine: Parameters<typeof createRegistryService>[0]['engine']
  log: Parameters<typeof createLogins>[1]
}

export function composeRegistries({ config, dockerConfigFile, list, holderOf, engine, log }: Options) {
  const { registriesFile, dockerhubUsername: username, dockerhubPassword: password, dockerhubNamespace } = config
  const ofNamespace = { registry: registryOf(dockerhubNamespace), username, password }
  const logins = createLogins({ registriesFile, ofNamespace, dockerConfigFile }, log)
  const registryRules = createRegistryRules({
    list,
    usual: () => [...logins.registries(), registryOfImage(config.defaultImage)],
    holderOf
  })
  return { registryRules, registries: createRegistryService({ logins, rules: registryRules, engine }) }
}
