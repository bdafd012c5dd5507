// The views that the rail and the palette lead to.

import type { IconName } from '../ui/icon.tsx'

export const PAGES: { name: string; path: string; icon: IconName }[] = [
  { name: 'Overview', path: '', icon: 'overview' },
  { name: 'Containers', path: 'containers', icon: 'containers' },
  { name: 'Ports', path: 'ports', icon: 'ports' },
  { name: 'Builds', path: 'builds', icon: 'builds' },
  { name: 'Images', path: 'images', icon: 'images' },
  { name: 'Networks, volumes', path: 'networks', icon: 'networks' },
  { name: 'Access', path: 'admin', icon: 'admin' }
]
