// The ways into the secured broker, as an operator's environment names them.
import { type Config, loadConfig } from '../../../process/config.ts'
import { passwords, type SecuredBroker } from './securedBroker.ts'

export type Environment = Readonly<Record<string, string>>

/** What is needed besides. */
export const rest = { SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1', ERRAND_SECRET: '1:none' }

export const kafkaOf = (env: Environment): Config['kafka'] => loadConfig({ ...rest, ...env }).kafka

type Mechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512'

export const user = (mechanism: Mechanism, name: keyof typeof passwords = 'alice'): Environment => ({
  KAFKA_SASL_MECHANISM: mechanism,
  KAFKA_SASL_USERNAME: name,
  KAFKA_SASL_PASSWORD: passwords[name],
})

export const ca = ({ trusted }: SecuredBroker): Environment => ({ KAFKA_TLS_CA_FILE: trusted.cert })

export const certificate = ({ client }: SecuredBroker): Environment => ({
  KAFKA_TLS_CERT_FILE: client.cert,
  KAFKA_TLS_KEY_FILE: client.key,
})
