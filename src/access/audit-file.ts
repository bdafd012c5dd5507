// The audit trail as lines of JSON, in a few files of bounded size: `audit.jsonl` and older ones with numbers.

import { closeSync, existsSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const MAX_BYTES = 10 * 1024 ** 2
const OLD_FILES = 4

export function openAuditFile(dataDir: string, maxBytes = MAX_BYTES) {
  const path = join(dataDir, 'audit.jsonl')
  const old = (number: number) => join(dataDir, `audit.${number}.jsonl`)
  let fd = openSync(path, 'a', 0o600)
  let size = fstatSync(fd).size

  function rotate(): void {
    closeSync(fd)
    for (let number = OLD_FILES - 1; number > 0; number--)
      if (existsSync(old(number))) renameSync(old(number), old(number + 1))
    renameSync(path, old(1))
    fd = openSync(path, 'a', 0o600)
    size = 0
  }

  return {
    append(line: string): void {
      if (size >= maxBytes) rotate()
      size += writeSync(fd, line)
    },
    close: (): void => closeSync(fd)
  }
}
