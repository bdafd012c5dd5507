// The columns of the table: all of them, the chosen ones, and those that fit into the window.

import { computed, signal } from '@preact/signals'
import { containers } from '../../state/containers.ts'
import { width } from '../../state/width.ts'
import type { Sort } from './rows.ts'

export type Column = {
  sort: Sort
  label: string
  /** The width in the grid. */
  width: string
  /** The narrowest window that shows it. */
  from: number
  isFixed?: true
}

const PHONE = 720

const COLUMNS: Column[] = [
  { sort: 'state', label: 'State', width: 'var(--state)', from: 0, isFixed: true },
  { sort: 'name', label: 'Name', width: 'minmax(var(--name), 1.4fr)', from: 0, isFixed: true },
  { sort: 'image', label: 'Image', width: 'minmax(100px, 1fr)', from: 981 },
  { sort: 'port', label: 'Port', width: 'var(--port)', from: 0 },
  { sort: 'cpu', label: 'CPU', width: '132px', from: PHONE + 1 },
  { sort: 'memory', label: 'Memory', width: '148px', from: PHONE + 1 },
  { sort: 'owner', label: 'Owner', width: 'minmax(80px, 0.6fr)', from: 1101 },
  { sort: 'age', label: 'Age', width: '84px', from: 1321 }
]
export const OPTIONAL = COLUMNS.filter(({ isFixed }) => !isFixed)

const KEY = 'berth-columns'

/** The columns chosen in this browser; by default all that have content here. */
const chosen = signal<readonly string[] | undefined>(localStorage.getItem(KEY)?.split(','))
const hasOwners = computed(() => containers.value?.some(({ owner }) => owner !== null) ?? false)

export function isWanted({ sort, isFixed }: Column): boolean {
  if (isFixed) return true
  return chosen.value?.includes(sort) ?? (sort !== 'owner' || hasOwners.value)
}

export function want(sort: Sort, isShown: boolean): void {
  const others = OPTIONAL.filter((each) => each.sort !== sort && isWanted(each)).map((each) => each.sort)
  chosen.value = isShown ? [...others, sort] : others
  localStorage.setItem(KEY, chosen.value.join(','))
}

export const shown = computed(() => COLUMNS.filter((each) => isWanted(each) && width.value >= each.from))
export const canChoose = computed(() => width.value > PHONE)
export const template = computed(() =>
  [...(canChoose.value ? ['20px'] : []), ...shown.value.map((each) => each.width), 'var(--actions)'].join(' ')
)
