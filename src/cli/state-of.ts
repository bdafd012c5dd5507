import type { Container } from '../client/api.ts'
import type { Style } from './style.ts'

/** The state of a container as a coloured word: its health, if it runs and has a health check. */
export function stateOf({ state, health }: Pick<Container, 'state' | 'health'>, style: Style): string {
  if (state === 'running') return health === 'unhealthy' ? style.red('unhealthy') : style.green(health ?? 'running')
  return state === 'dead' ? style.red(state) : style.yellow(state)
}
