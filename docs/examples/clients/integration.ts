// An integration test with its own database, which is removed with the test: node --test integration.ts

import { test } from 'node:test'
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { createClient } from '../../../src/client/index.ts'

const image = process.env.REDIS_IMAGE ?? 'redis:8-alpine'

await test('redis answers', async () => {
  const berth = createClient({ url: process.env.BERTH_URL, token: process.env.BERTH_TOKEN })
  await using redis = await berth.container({ image, wait: 'port', ttl: '10m' })
  const { hostname, port } = new URL(redis.url ?? '')
  const socket = connect(Number(port), hostname)
  socket.write('PING\r\n')
  const [reply] = await Array.fromAsync(socket.take(1))
  assert.equal(String(reply), '+PONG\r\n')
})
