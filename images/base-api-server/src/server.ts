// Signals come first and the rest is imported after them: process 1 of a container has no default handlers,
// so a stop that arrives while the modules are still loading would be lost.
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0))

const { buildApp } = await import('./app.ts')
const { PORT, HOST_PORT, LOG_LEVEL } = process.env

const app = await buildApp({
  hostPort: Number(HOST_PORT) || null,
  logger: { level: LOG_LEVEL?.toLowerCase() || 'info', base: null },
  output: { stdout: process.stdout, stderr: process.stderr },
  exit: (code) => process.exit(code)
})

// Without a host Node takes `::` for both families, and 0.0.0.0 where the kernel has no IPv6.
await app.listen({ port: Number(PORT || 5000), host: '' })
