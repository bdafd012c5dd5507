// The reason why an engine cannot be reached, in a sentence with advice. Node and OpenSSL have a code for each cause.

const FOLDER = 'DOCKER_CERT_PATH, or the folder of the docker context'
const UNTRUSTED = `its certificate is not signed by an authority of ca.pem in ${FOLDER}`
const NO_TLS = 'it does not speak TLS there. Unset DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, or use its port for TLS'

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such socket',
  ECONNREFUSED: 'nobody listens',
  EACCES: 'permission denied',
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  CERT_HAS_EXPIRED: "its certificate has expired. Renew the engine's certificate",
  CERT_NOT_YET_VALID: 'its certificate is not valid yet. Compare the clocks of both machines',
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: `key.pem is not the key of cert.pem in ${FOLDER}`
}
// The alert of an engine for a bad client certificate depends on its Go version.
const CLIENT_ALERT = /^ERR_SSL_.*ALERT_(BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_\w+)$/

type Named = Error & { code?: string; host?: string; cert?: { subjectaltname?: string } }

export function whyUnreachable(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code = '', host, cert, message } = error as Named
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `its certificate is not for ${host} but for ${cert?.subjectaltname ?? 'no name'}. Use such a name in DOCKER_HOST`
  if (code === 'EPROTO' && message.includes('wrong version number')) return NO_TLS
  if (CLIENT_ALERT.test(code))
    return `it wants a client certificate that its authority signed and that has not expired: cert.pem and key.pem in ${FOLDER}`
  return REASONS[code] ?? message
}
