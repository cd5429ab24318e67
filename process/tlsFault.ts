// Why TLS did not come about, told with the settings that mend it. Pure: Kafka and the registry differ in names only.
import { X509Certificate } from 'node:crypto'
import type { Tls } from './config.ts'
import type { Told } from './finding.ts'

/** Node's error: its code, its text, and the names in the server's certificate where that was the matter. */
export type TlsFailure = { readonly code: string; readonly message: string; readonly names?: string | undefined }

export type TlsSide = {
  /** Whom we talk to: `The broker at localhost:9093`. */
  readonly server: string
  /** Variables. */
  readonly names: { readonly address: string; readonly ca: string; readonly cert: string; readonly key: string }
  readonly tls: Tls
  readonly nowMs: number
}

const untrusted = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
])

/** Undefined where the certificates are not the matter. */
export function tlsFault({ code, names }: TlsFailure, side: TlsSide): Told | undefined {
  const { server, tls } = side
  if (untrusted.has(code))
    return {
      problem: `${server} has a certificate that ${tls.ca ? `the authority in ${side.names.ca} has not signed` : 'no public authority has signed'}.`,
      remedy: `Let ${side.names.ca} name the certificate of the authority that has signed it (PEM), intermediate ones included.`,
    }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return {
      problem: `${server} has a certificate for other names: ${names || 'none'}.`,
      remedy: `Use one of these names in ${side.names.address}, or have a certificate made with this one as subject alternative name.`,
    }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return {
      problem: `${server} has a certificate that ${code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet'}.`,
      remedy: "Renew it on the server; if it is new, check this machine's clock.",
    }
  if (aboutClient.test(code)) return tls.cert === undefined ? noClientCertificate(side) : refusedClient(tls.cert, side)
  return undefined
}

/** Alerts by which a server refuses a client's certificate, or its absence (RFC 8446, 6.2). */
const aboutClient = /ALERT_(BAD_|UNSUPPORTED_|UNKNOWN_CA|HANDSHAKE_FAILURE|ACCESS_DENIED|CERTIFICATE_)/

export const noClientCertificate = ({ server, names }: TlsSide): Told => ({
  problem: `${server} asks for a client certificate (mTLS), and ${names.cert} is not set.`,
  remedy: `Let ${names.cert} and ${names.key} name your certificate and its key (PEM), or use a port that asks for none.`,
})

const refusedClient = (cert: string, { server, names, nowMs }: TlsSide): Told => {
  const { validTo, issuer } = new X509Certificate(cert)
  const [end, authority] = [new Date(validTo), issuer.replaceAll('\n', ', ')]
  const refused = `${server} refuses the client certificate in ${names.cert}`
  return end.getTime() < nowMs
    ? { problem: `${refused}, which expired on ${end.toISOString()}.`, remedy: 'Have it renewed.' }
    : {
        problem: `${refused}, issued by ${authority}.`,
        remedy: `Use a certificate of an authority that the server trusts, intermediate ones in the same file, or have ${authority} trusted there.`,
      }
}
