// Light or dark: the system's choice, until the user chooses.

import { signal } from '@preact/signals'

const KEY = 'berth-theme'
const isDark = () => matchMedia('(prefers-color-scheme: dark)').matches

export const theme = signal<'light' | 'dark'>('light')

export function applyTheme(): void {
  const chosen = localStorage.getItem(KEY)
  theme.value = chosen === 'dark' || (chosen === null && isDark()) ? 'dark' : 'light'
  document.documentElement.dataset['theme'] = theme.value
}

export function switchTheme(): void {
  localStorage.setItem(KEY, theme.value === 'dark' ? 'light' : 'dark')
  applyTheme()
}
