// Short notices: completed actions, with an undo if possible, and refusals, with the reason.

import { signal } from '@preact/signals'
import { problemFrom } from '../api/client.ts'
import type { Problem } from '../../../client/api.ts'

export type Toast = { id: number; text: string; problem?: Problem; undo?: () => void }

export const toasts = signal<Toast[]>([])

let last = 0
const SHOWN_MS = 6_000
const PROBLEM_MS = 20_000

export function say(text: string, undo?: () => void): number {
  return add({ text, ...(undo && { undo }) }, SHOWN_MS)
}

export function sayProblem(text: string, error: unknown): void {
  add({ text, problem: problemFrom(error) }, PROBLEM_MS)
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((each) => each.id !== id)
}

function add(toast: Omit<Toast, 'id'>, ms: number): number {
  const id = ++last
  toasts.value = [...toasts.value.slice(-3), { ...toast, id }]
  setTimeout(() => dismiss(id), ms)
  return id
}
