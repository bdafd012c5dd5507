// How wide the window is, for what leaves something out on a narrow one.

import { signal } from '@preact/signals'

export const width = signal(innerWidth)

addEventListener('resize', () => (width.value = innerWidth))
