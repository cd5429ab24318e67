// Is the way to the cluster as the configuration says? Asked by `errand doctor`, and by the first question that fails.
import { systemClock } from '../../process/clock.ts'
import type { KafkaConfig } from '../../process/config.ts'
import { away, type Finding } from '../../process/finding.ts'
import { silentLog } from '../../process/log.ts'
import { openClient } from './client.ts'
import { diagnose } from './diagnosis.ts'
import { failedAddress, isCredentialRefusal, reasonOf } from './errors.ts'
import { probe } from './probe.ts'

/** Connects once, as every client does, and says what is wrong where that fails. Takes 20 s at most; never rejects. */
export async function diagnoseBroker(config: KafkaConfig): Promise<Finding> {
  const admin = openClient({ clientId: 'errand-check', kafka: config, log: silentLog }, { retries: 0 }).kafka.admin()
  try {
    await admin.connect()
    await admin.describeCluster()
    return { kind: 'ok' }
  } catch (error) {
    const finding = await explainFailure(config, error)
    return finding.kind === 'ok' ? away(`The brokers answer, and yet: ${reasonOf(error)}.`, 'Try again.') : finding
  } finally {
    await admin.disconnect()
  }
}

/** Why kafkajs could not connect, or was not answered. Looks at every broker that is known of; `ok` where that shows nothing. */
export async function explainFailure(config: KafkaConfig, error: unknown): Promise<Finding> {
  const failed = failedAddress(error)
  const addresses = new Set([...config.brokers, ...(failed === undefined ? [] : [failed])])
  const findings = await Promise.all(
    [...addresses].map(async (address) => {
      const [host, port] = address.split(/:(?=\d+$)/)
      const observation = await probe({ host: host!, port: Number(port) }, config)
      const nowMs = systemClock.now()
      return diagnose({ config, address, observation, isRefused: isCredentialRefusal(error), nowMs })
    }),
  )
  const first = (kind: Finding['kind']) => findings.find((finding) => finding.kind === kind)
  return first('misconfigured') ?? first('away') ?? { kind: 'ok' }
}
