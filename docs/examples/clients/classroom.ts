// A workspace for each student of a class, until the evening: node classroom.ts ada grace linus …
// A second run creates only missing ones, since each create has a key.

import { createClient } from '../../../src/client/index.ts'

const berth = createClient({ url: process.env.BERTH_URL, token: process.env.BERTH_TOKEN })
const students = process.argv.slice(2)
const workspaces = await Promise.all(
  students.map((student) =>
    berth.createContainer(
      {
        body: {
          name: `class-${student}`,
          labels: { class: 'docker-101' },
          volumes: [{ source: `home-${student}`, target: '/home' }],
          memory: '512m',
          cpus: 0.5,
          ttl: '8h',
          wait: 'port'
        }
      },
      { idempotencyKey: `docker-101-${student}` }
    )
  )
)
for (const { name, url } of workspaces) process.stdout.write(`${name}  ${url}\n`)
