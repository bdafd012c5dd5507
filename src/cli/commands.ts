// Every command, in the order of the help.

import type { Command } from './command.ts'
import { accessCommands } from './commands/access.ts'
import { completionCommands } from './commands/completion.ts'
import { containerCommands } from './commands/containers.ts'
import { contextCommands } from './commands/context.ts'
import { doctorCommands } from './commands/doctor.ts'
import { fileCommands } from './commands/files.ts'
import { imageCommands } from './commands/images.ts'
import { mcpCommands } from './commands/mcp.ts'
import { outputCommands } from './commands/output.ts'
import { portCommands } from './commands/ports.ts'
import { runCommands } from './commands/run.ts'
import { serverCommands } from './commands/server.ts'
import { terminalCommands } from './commands/terminal.ts'

export const COMMANDS: readonly Command[] = [
  ...serverCommands,
  ...doctorCommands,
  ...contextCommands,
  ...mcpCommands,
  ...runCommands,
  ...containerCommands,
  ...outputCommands,
  ...terminalCommands,
  ...fileCommands,
  ...portCommands,
  ...imageCommands,
  ...accessCommands,
  ...completionCommands
]
