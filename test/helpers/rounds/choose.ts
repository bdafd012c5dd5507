// The choice of rounds, and the display of their results.

import { FAULTS, type Extent, type RoundResult } from './round.ts'
import type { Scenario } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'

export type Choice = { scenario: Scenario; fault: string; extent: Extent }

const EXTENTS: Extent[] = ['once', 'held']
/** A few of each kind, for everyday use. */
const SHORT = [
  'create / drop before / once',
  'create / cut body / once',
  'create / another / once',
  'create with key / drop after / once',
  'undo: remove volume / drop before / once',
  'list / drop after / once',
  'stop / cut head / once',
  'remove / html / once',
  'events / cut body / once'
]

/** `short`, `all`, or prefixes of their names, separated by semicolons. */
export function chooseRounds(wanted: string): Choice[] {
  const all = SCENARIOS.flatMap((scenario) =>
    Object.keys(FAULTS).flatMap((fault) => EXTENTS.map((extent) => ({ scenario, fault, extent })))
  )
  if (wanted === 'all') return all
  const names = wanted === 'short' ? SHORT : wanted.split(';').map((name) => name.trim())
  const chosen = names.flatMap((name) => all.filter((choice) => `${nameOf(choice)} /`.startsWith(`${name} /`)))
  if (chosen.length === 0) throw new Error(`no round is called "${wanted}"`)
  return chosen
}

export function nameOf({ scenario, fault, extent }: Choice): string {
  return `${scenario.name} / ${fault} / ${extent}`
}

/** A row for each call, a column for each fault, and the number of failed rounds in each cell. */
export function table(results: RoundResult[]): string {
  const split = results.map((result) => ({ ...result, parts: result.name.split(' / ') }))
  const faults = Object.keys(FAULTS).filter((fault) => split.some(({ parts }) => parts[1] === fault))
  const rows = [...new Set(split.map(({ parts }) => parts[0]))].map((call) => {
    const cells = faults.map((fault) => {
      const played = split.filter(({ parts }) => parts[0] === call && parts[1] === fault)
      const failed = played.filter(({ problem }) => problem !== undefined).length
      return played.length === 0 ? '' : failed === 0 ? 'ok' : `${failed}/${played.length} fail`
    })
    return [call ?? '', ...cells]
  })
  const lines = [['call', ...faults], ...rows]
  const widths = lines[0]?.map((_none, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? []
  return lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n')
}
