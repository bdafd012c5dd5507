import { Mark } from '../../ui/state.tsx'

const LOOKS = {
  skipped: { shape: 'diamond', tone: 'idle' },
  pending: { shape: 'ring', tone: 'idle' },
  in_progress: { shape: 'half', tone: 'warn' },
  running: { shape: 'half', tone: 'warn' },
  completed: { shape: 'disc', tone: 'good' },
  cached: { shape: 'ring', tone: 'good' },
  failed: { shape: 'cross', tone: 'bad' },
  cancelled: { shape: 'cross', tone: 'idle' }
} as const

export type StageName = keyof typeof LOOKS

export function Stage({ status, word = status.replace('_', ' ') }: { status: StageName; word?: string }) {
  return (
    <span class="state">
      <Mark {...LOOKS[status]} />
      {word}
    </span>
  )
}
