// The server's settings as options: BERTH_PORT is `--port`, DOCKER_HOST is `--docker-host`. Pure.

import { SETTING_LIST } from '../config.ts'
import { closest } from '../lib/closest.ts'
import { UsageError } from './exit-codes.ts'
import type { Environment } from './environment.ts'

const nameOf = (env: string): string =>
  env
    .replace(/^BERTH_/, '')
    .toLowerCase()
    .replaceAll('_', '-')

export const settingFlags = (): string[] => SETTING_LIST.map(({ env }) => `--${nameOf(env)}`)

/** The words after `berth serve` as variables of its environment. A flag without a value says true. */
export function settingsOf(words: string[]): Environment {
  const known = new Map(SETTING_LIST.map(({ env }) => [nameOf(env), env]))
  const found: Environment = {}
  for (let at = 0; at < words.length; at++) {
    const [, name = '', value] = /^--([a-z0-9-]+)(?:=(.*))?$/s.exec(words[at] ?? '') ?? []
    const env = known.get(name)
    if (env === undefined) throw unknown(words[at] ?? '', name, [...known.keys()])
    const next = words[at + 1]
    if (value !== undefined) found[env] = value
    else if (next === undefined || next.startsWith('--')) found[env] = 'true'
    else {
      found[env] = next
      at++
    }
  }
  return found
}

function unknown(word: string, name: string, names: string[]): UsageError {
  const meant = closest(name, names)
  const hint = meant === undefined ? 'docs/settings.md lists them.' : `Is --${meant} meant?`
  return new UsageError(`"${word}" is no setting of the server. ${hint}`)
}
