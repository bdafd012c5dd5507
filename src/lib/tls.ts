// The TLS versions of REST and gRPC: 1.3, or 1.2 with forward secrecy and authenticated encryption.

export type Tls = { cert: Buffer; key: Buffer }

const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256'
].join(':')

/** A stalled handshake holds a connection. */
const HANDSHAKE_MS = 10_000

export function secureOptions({ cert, key }: Tls) {
  return { cert, key, ciphers: CIPHERS, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_MS } as const
}
