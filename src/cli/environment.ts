/** The environment of a process, passed as an argument. */
export type Environment = Record<string, string | undefined>
