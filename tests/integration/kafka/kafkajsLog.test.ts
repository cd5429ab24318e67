// The kafkajs adapter on a real broker: the log's contract.
import { inject } from 'vitest'
import { kafkajsLog } from '../../../kafka/kafkajs/log.ts'
import { silentLog } from '../../../process/log.ts'
import { logContract } from '../../contracts/log.ts'

const { brokers } = inject('system')
logContract('kafkajs', () => kafkajsLog({ clientId: 'contract', kafka: { brokers }, log: silentLog }))
