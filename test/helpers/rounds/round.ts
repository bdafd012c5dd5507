// One round: one call fails, the request is answered in time, everything recovers, and nothing is lost, left behind or
// touched.

import { setTimeout } from 'node:timers/promises'
import { ERRORS, type ErrorCode } from '../../../src/errors.ts'
import { eventually } from '../engine.ts'
import type { Fault } from '../fault-proxy.ts'
import { unique } from '../server.ts'
import { SPOILINGS } from '../spoilt-answers.ts'
import { agrees, isAsBefore, takeBaseline } from './invariants.ts'
import type { Round, Scenario, Told } from './scenario.ts'
import { clear } from './scenarios.ts'
import { ENGINE_TIMEOUT_SECONDS, type World } from './world.ts'

const BEYOND_MS = (ENGINE_TIMEOUT_SECONDS + 2) * 1_000
/** The disk usage may take two minutes. No other request of a scenario makes enough calls to take longer. */
const ANSWER_MS = 150_000
const HEAL_MS = 90_000

export const FAULTS: Record<string, Fault> = {
  'drop before': 'drop',
  'drop after': 'lose answer',
  silence: 'hang',
  'acts late': { delayMs: BEYOND_MS },
  'answers late': { answerLateMs: BEYOND_MS },
  ...Object.fromEntries(SPOILINGS.map((spoiling) => [spoiling, spoiling]))
}

export type RoundResult = { name: string; problem: string | undefined; status: number | undefined; tookMs: number }

/** Whether the fault hits only the first such call, or every one until the end of the fault. */
export type Extent = 'once' | 'held'

export async function play(world: World, scenario: Scenario, faultName: string, extent: Extent): Promise<RoundResult> {
  const name = `${scenario.name} / ${faultName} / ${extent}`
  const started = performance.now()
  let status: number | undefined
  try {
    const before = await takeBaseline(world)
    const round = { ...world, name: unique('round'), signal: AbortSignal.timeout(600_000), undo: [] }
    await scenario.prepare?.(round)
    const answer = await disturbed(round, scenario, faultName, extent)
    status = answer.status
    isDocumented(answer)
    await eventually(() => agrees(world), HEAL_MS)
    await eventually(async () => scenario.promised?.(round, answer), HEAL_MS)
    await asked(round, scenario)
    await clear(round)
    await eventually(() => isAsBefore(world, before), HEAL_MS)
    return { name, status, problem: undefined, tookMs: performance.now() - started }
  } catch (error) {
    world.proxy.heal()
    return {
      name,
      status,
      problem: error instanceof Error ? error.message : String(error),
      tookMs: performance.now() - started
    }
  }
}

async function disturbed(round: Round, scenario: Scenario, faultName: string, extent: Extent): Promise<Told> {
  const fault = FAULTS[faultName]
  if (!fault) throw new Error(`there is no fault "${faultName}"`)
  round.proxy.next(scenario.method, scenario.path, fault, extent === 'once' ? 1 : Infinity)
  const signal = AbortSignal.timeout(ANSWER_MS)
  try {
    const answer = await scenario.act({ ...round, signal })
    // The engine may act only after the answer.
    if (faultName === 'acts late') await setTimeout(BEYOND_MS)
    return answer
  } catch (error) {
    if (signal.aborted) throw new Error(`no answer in ${ANSWER_MS} ms`, { cause: error })
    throw error
  } finally {
    round.proxy.heal()
  }
}

/** Repeats the request without a fault: the name and the key can be used. */
async function asked(round: Round, scenario: Scenario): Promise<void> {
  await eventually(async () => {
    const { status, text } = await scenario.act(round)
    if (!scenario.again.includes(status)) throw new Error(`asked again: ${status} ${text}`)
  }, HEAL_MS)
}

function isDocumented({ status, text }: Told): void {
  if (status < 300) return
  const { code } = JSON.parse(text) as { code?: ErrorCode }
  const known = code && ERRORS[code]
  if (!known || code === 'INTERNAL') throw new Error(`answered with ${status} ${text}`)
}
