// The views that the rail and the palette lead to.

import { computed } from '@preact/signals'
import { hasNodes, may } from '../state/access.ts'
import type { IconName } from '../ui/icon.tsx'

const ALL: { name: string; path: string; icon: IconName; isOffered?: () => boolean }[] = [
  { name: 'Overview', path: '', icon: 'overview' },
  { name: 'Containers', path: 'containers', icon: 'containers' },
  { name: 'Ports', path: 'ports', icon: 'ports' },
  { name: 'Builds', path: 'builds', icon: 'builds' },
  { name: 'Images', path: 'images', icon: 'images' },
  { name: 'Networks, volumes', path: 'networks', icon: 'networks' },
  { name: 'Nodes', path: 'nodes', icon: 'nodes', isOffered: hasNodes },
  { name: 'Access', path: 'admin', icon: 'admin', isOffered: () => may('admin') }
]

export const pages = computed(() => ALL.filter(({ isOffered }) => isOffered?.() ?? true))
