import t from 'tap'
import { isTrustedWithoutTls } from '../../../src/registry/trust.ts'

// As Docker 28.5 reports it by default.
const DEFAULT = ['::1/128', '127.0.0.0/8']

t.test('registries that the engine trusts without TLS', async (t) => {
  const table: [registry: string, insecure: string[] | null, isTrusted: boolean][] = [
    ['127.0.0.1:5000', DEFAULT, true],
    ['localhost:5000', DEFAULT, true],
    ['[::1]:5000', DEFAULT, true],
    ['10.0.0.7:5000', DEFAULT, false],
    ['registry.example.com', DEFAULT, false],
    ['docker.io', DEFAULT, false],
    // With a list of its own an engine may leave loopback out.
    ['127.0.0.1:5000', ['10.0.0.0/8'], false],
    ['localhost:5000', ['registry.lan:5000'], false],
    ['localhost:5000', ['localhost:5000'], true],
    ['10.0.0.7:5000', ['10.0.0.0/8'], true],
    ['registry.lan:5000', ['registry.lan:5000'], true],
    ['registry.lan:5001', ['registry.lan:5000'], false],
    ['registry.lan:5001', ['registry.lan'], false],
    ['registry.lan', ['registry.lan'], true],
    ['registry.lan:5001', ['registry.lan:*'], true],
    ['other.lan:5001', ['registry.lan:*'], false],
    // An engine that does not say may trust loopback.
    ['127.0.0.1:5000', null, true],
    ['10.0.0.7:5000', null, false]
  ]
  for (const [registry, insecure, isTrusted] of table)
    t.equal(isTrustedWithoutTls(registry, insecure), isTrusted, `${registry} with ${insecure}`)
})
