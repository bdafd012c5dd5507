import type { LogQuery } from '../contract/workloads.ts'

/** The parameters that the logs of containers and of tasks share. */
export function logParameters({ stdout, stderr, follow, tail }: LogQuery) {
  return { stdout: Number(stdout), stderr: Number(stderr), follow: Number(follow), timestamps: 1, tail: tail ?? 'all' }
}
