// The width of the window, for views that omit something on a narrow one.

import { signal } from '@preact/signals'

export const width = signal(innerWidth)

addEventListener('resize', () => (width.value = innerWidth))
